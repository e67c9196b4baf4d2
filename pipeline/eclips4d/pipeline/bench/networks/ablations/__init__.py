"""What each ingredient of the training is worth: small networks with one thing changed, judged like all others."""
