"""What more inference workers bring."""
