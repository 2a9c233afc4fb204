"""Plan + policy + principal -> Statement, by a readable tuple of passes. No I/O, no clock.

Restriction is by substitution and nothing else: every base relation is replaced by a subquery that
holds only what the principal may read. A predicate appended to the outer WHERE would be wrong at the
first outer join.
"""

from nlq.guard.passes import PASSES, Context, guard
from nlq.guard.statement import Statement

__all__ = ["PASSES", "Context", "Statement", "guard"]
