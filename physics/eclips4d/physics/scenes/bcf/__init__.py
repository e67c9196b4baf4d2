"""Growth spirals of Burton, Cabrera and Frank: V = v_inf·(1 − r_c·curvature), in units of r_c and r_c/v_inf."""
