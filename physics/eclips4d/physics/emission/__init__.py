"""What leaves the specimen: emission laws, and where their numbers come from."""
