"""Part `reprocess`: a run made again by one worker and by two."""
