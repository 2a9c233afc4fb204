"""Where compiled plans and the replies of models are kept. Files are untrusted when they come back."""

from nlq.store.plans import Finding, PlanStore
from nlq.store.replies import ReplyStore
from nlq.store.rules import Review, RuleStore, StoredRule, rule_book

__all__ = ["Finding", "PlanStore", "ReplyStore", "Review", "RuleStore", "StoredRule", "rule_book"]
