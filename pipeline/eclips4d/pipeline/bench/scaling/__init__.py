"""What more workers, hosts and frames give, and what they cost: `eclips4d bench scaling`."""
