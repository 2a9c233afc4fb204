"""Untrusted text is examined in processes of its own, which may die of it."""

from nlq.isolation.pool import Pool

__all__ = ["Pool"]
