"""Mutations: instructions found or compiled, previewed, made, undone; what a service delegates."""

from nlq.mutations.doer import Mutations
from nlq.mutations.outcome import Outcome

__all__ = ["Mutations", "Outcome"]
