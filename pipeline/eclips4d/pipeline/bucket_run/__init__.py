"""Runs whose store is to lie in a bucket: written to a disk, mirrored meanwhile, and at last only in the bucket."""
