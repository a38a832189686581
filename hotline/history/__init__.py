"""A believable, repeatable past: the same calls for the same seed and last day. For benchmarks and tries."""
