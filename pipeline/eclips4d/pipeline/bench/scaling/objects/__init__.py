"""Part `objects`: a store in a bucket beside the same store on the disk."""
