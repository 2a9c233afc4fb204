"""nlq: plain English in, permission-checked SQL out; compiled once, run for ever."""

__version__ = "0.1.0"
