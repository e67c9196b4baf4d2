"""`eclips4d reprocess`: the raw frames of a run again, through other models and calibrations."""
