"""Plan + policy + principal's roles -> Statement, by a readable tuple of passes. No I/O, no clock."""
