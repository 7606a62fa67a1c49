"""Running a network while an extractor looks on: what is kept of the forward, and what is as before afterwards."""
