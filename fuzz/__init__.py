"""Coverage-guided fuzzing of what reads hostile text: parse, check and guard. See `fuzz/README.md`."""
