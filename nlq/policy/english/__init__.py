"""Rules in English to grants, by a grammar: pure, deterministic and whole. Every word counts."""

from nlq.policy.english.formula import Grant
from nlq.policy.english.nouns import Words, guess_principals
from nlq.policy.english.read import Reading, read_rule

__all__ = ["Grant", "Reading", "Words", "guess_principals", "read_rule"]
