"""The networks against everything they must beat, on surfaces and detectors they have never seen."""
