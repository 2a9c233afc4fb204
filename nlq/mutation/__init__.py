"""Mutations: instructions found or compiled, previewed, made, undone; what a service delegates."""

from nlq.mutation.doer import Mutations
from nlq.mutation.outcome import Outcome

__all__ = ["Mutations", "Outcome"]
