"""Rules in English to checked predicates: by the grammar, and by the model where the grammar has no words.

What comes out grants nothing: a person has to approve of it first. What the model writes is a draft like
any other, and what it brought along that the English does not say is listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from nlq.catalog import Catalog, Dialect, Relation, RelationName, family
from nlq.catalog.fingerprint import digest, fingerprint_column
from nlq.catalog.words import words
from nlq.compiler.compile import DIALECT_NAMES, Complete, Turns
from nlq.compiler.prompts import Prompts
from nlq.compiler.schema_text import relation_text, schema_text, tokens
from nlq.compiler.select import select_relations
from nlq.errors import CompileError, PlanError, PolicyError
from nlq.events import Drafting, DraftRefused, Observer, ignore
from nlq.guard.predicate import parse_predicate
from nlq.plan import Dependency
from nlq.plan.explain_rule import explain_predicate
from nlq.plan.meta import COLUMN
from nlq.plan.syntax import parse
from nlq.policy import Action, ClaimType, Policy
from nlq.policy.english import Grant, Words, guess_principals, read_rule

GRAMMAR = "grammar"
"""The author of a rule that no model wrote."""

LISTED = 6
"""Readings of an ambiguous rule that its error lists, at most."""

FORMAT = 1
"""Version of what is hashed. A rule of another version is compiled again."""


@dataclass(frozen=True, slots=True)
class Written:
    """A rule as the policy has it; `name` tells it from the others: `posts.read`, `posts.read.2`."""

    name: str
    relation: RelationName
    action: Action
    roles: frozenset[str]
    english: str | None
    sql: str | None


@dataclass(frozen=True, slots=True)
class EnglishRule:
    """A rule in English and its `grants`, any of which lets through; none for nobody."""

    english: str
    relation: RelationName
    action: Action
    dialect: Dialect
    grants: tuple[Grant, ...]
    explanation: str
    assumptions: tuple[str, ...]
    depends: tuple[Dependency, ...]
    made_by: str = GRAMMAR

    @property
    def id(self) -> str:
        """16 hex digits over everything: a review is of this, and of nothing else."""
        return digest(
            [
                FORMAT,
                self.english,
                [self.relation.schema, self.relation.name],
                self.action,
                self.dialect,
                [[sorted(g.roles), g.sql] for g in self.grants],
                self.explanation,
                list(self.assumptions),
                [[d.relation.schema, d.relation.name, [list(c) for c in d.columns]] for d in self.depends],
                self.made_by,
            ]
        )[:16]

    @property
    def lookup(self) -> str:
        """16 hex digits by which a rule of the policy finds what it was compiled to."""
        return lookup_of(self.relation, self.action, self.english, self.dialect)


def lookup_of(relation: RelationName, action: Action, english: str, dialect: Dialect) -> str:
    """16 hex digits by which a rule is found."""
    return digest([relation.schema, relation.name, action, english, dialect])[:16]


@dataclass(frozen=True, slots=True)
class Asking:
    """The model that is asked where the grammar does not understand, and how."""

    model: str
    complete: Complete
    prompts: Prompts
    observe: Observer = ignore
    attempts: int = 3
    prompt_tokens: int = 3000


@dataclass(frozen=True, slots=True)
class RuleCompiler:
    """Compiles the rules of one policy over one catalog."""

    catalog: Catalog
    known: Words
    claims: Mapping[str, ClaimType] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: Policy, catalog: Catalog) -> RuleCompiler:
        """The compiler for the rules of this policy."""
        return cls(catalog, known_words(policy, catalog), policy.claims)

    def readings(self, english: str, relation: Relation, action: Action) -> tuple[EnglishRule, ...]:
        """What the grammar makes of it: each reading, checked; none where it does not understand.

        Raises `policy.unsupported` for what no rule can say.
        """
        found = read_rule(english, relation, action, self.catalog, self.known)
        return tuple(self.check(english, relation, action, r.grants, r.assumptions) for r in found)

    def compile(
        self, english: str, relation: Relation, action: Action, asking: Asking | None = None
    ) -> EnglishRule:
        """The one thing that the rule means.

        Raises `policy.ambiguous` with the readings, `policy.not_understood`, `policy.unsupported`, and
        `model.*` where the model is asked and cannot be.
        """
        readings = self.readings(english, relation, action)
        if len(readings) == 1:
            return readings[0]
        if readings:
            raise ambiguous(english, readings)
        if asking is None:
            raise PolicyError(
                "policy.not_understood",
                f"the grammar of rules has no reading of `{english}`",
                self._advice(),
            )
        return self._draft(english, relation, action, asking)

    def check(
        self,
        english: str,
        relation: Relation,
        action: Action,
        grants: Sequence[Grant],
        assumptions: Iterable[str],
        made_by: str = GRAMMAR,
    ) -> EnglishRule:
        """The rule, its predicates checked as those of a policy are, and explained from their trees.

        Raises `plan.*`.
        """
        reads: dict[RelationName, dict[str, str]] = {}
        trees = {}
        undeclared: list[str] = []
        for sql in (g.sql for g in grants if g.sql is not None):
            tree = parse_predicate(sql, relation, self.catalog, self.claims)
            require_rule(tree, self.catalog.dialect)
            trees[sql] = tree
            names = (n.name.removeprefix("me.") for n in tree.find_all(exp.Placeholder))
            undeclared += (n for n in names if n not in ("id", *self.claims))
            for column in tree.find_all(exp.Column):
                bound = column.meta.get(COLUMN)
                if bound is not None and bound.relation is not None:
                    columns = reads.setdefault(bound.relation, {})
                    columns[bound.column.name] = fingerprint_column(bound.column)
        said = [_explain(g, trees, action, self.catalog.dialect) for g in grants]
        return EnglishRule(
            english=english,
            relation=relation.name,
            action=action,
            dialect=self.catalog.dialect,
            grants=tuple(grants),
            explanation=" ".join(said) if said else f"Nobody may {action} any row.",
            assumptions=tuple(
                dict.fromkeys(
                    [
                        *assumptions,
                        *(f"`[claims]` does not declare `{n}`: no token brings it" for n in undeclared),
                    ]
                )
            ),
            depends=tuple(Dependency(n, tuple(sorted(c.items()))) for n, c in sorted(reads.items())),
            made_by=made_by,
        )

    # the model

    def _draft(self, english: str, relation: Relation, action: Action, asking: Asking) -> EnglishRule:
        turns = self._first_turns(english, relation, action, asking)
        finding: PlanError | None = None
        for attempt in range(1, asking.attempts + 1):
            asking.observe(Drafting(attempt, asking.model))
            fresh = attempt > 2
            answered = asking.complete(
                turns[:2] if fresh else turns,
                max_tokens=asking.prompts.max_tokens,
                temperature=0.7 if fresh else 0.0,
                seed=attempt,
            )
            asking.observe(answered.as_event(attempt))
            try:
                sql = extract_predicate(answered.text, relation, self.catalog.dialect)
                tree = parse_predicate(sql, relation, self.catalog, self.claims)
                notes = (
                    f"`{asking.model}` wrote this: compare each word of the rule with it",
                    *self._unsaid(tree, english),
                )
                grant = Grant(frozenset(), sql)
                return self.check(english, relation, action, (grant,), notes, asking.model)
            except CompileError as error:
                raise PolicyError(
                    "policy.not_understood",
                    f"neither the grammar nor the model can make a rule of `{english}`",
                    self._advice(),
                ) from error
            except PlanError as error:
                finding = error
                asking.observe(DraftRefused(attempt, error.code, error.message))
                repair = asking.prompts.repair.substitute(finding=str(error).replace("\nhint:", ";"))
                turns = (*turns[:2], ("assistant", answered.text[:2000]), ("user", repair))
        raise PolicyError(
            "policy.not_understood",
            f"the model made no valid rule of `{english}`; its last: {finding.message if finding else ''}",
            self._advice(),
        )

    def _advice(self) -> str:
        advice = "say it in one of the phrases of docs/policy.md, or write it in SQL"
        if self.known.principals is None:
            return f'{advice}; `principals_are = "…"` in the policy says which relation the callers are in'
        return advice

    def _first_turns(self, english: str, relation: Relation, action: Action, asking: Asking) -> Turns:
        cost = {r.name: tokens(relation_text(r, self.catalog, {})) for r in self.catalog}
        near = {relation.name, *(k.referred for k in relation.foreign_keys)}
        if self.known.principals is not None:
            near.add(self.known.principals)
        chosen = select_relations(self.catalog, english, near, cost, asking.prompt_tokens)
        claims = ", ".join(f":me.{name}" for name in ("id", *sorted(self.known.claims)))
        people = (
            f"the id of a row of {self.known.principals.name}"
            if self.known.principals
            else "a number or text"
        )
        system = asking.prompts.system.substitute(
            dialect=DIALECT_NAMES[self.catalog.dialect],
            schema=schema_text(chosen, {}),
            claims=claims,
            principals=people,
        )
        user = asking.prompts.user.substitute(relation=relation.name.name, action=action, rule=english)
        return (("system", system), ("user", user))

    def _unsaid(self, tree: exp.Expr, english: str) -> Iterable[str]:
        """What the draft holds and the English does not.

        Raises `plan.parameter` for a claim that the policy does not declare.
        """
        said = set(words(english))
        for node in tree.walk():
            if isinstance(node, exp.Literal) and not set(words(node.name)) <= said:
                yield f"`{node.name}` stands in the rule, and not in the English"
            elif isinstance(node, exp.CurrentDate):
                yield "the rule depends on the day on which it is asked"
            elif isinstance(node, exp.Placeholder):
                claim = node.name.removeprefix("me.")
                if claim != "id" and claim not in self.known.claims:
                    raise PlanError(
                        "plan.parameter",
                        f"the policy declares no claim `{claim}`",
                        "use " + ", ".join(f":me.{n}" for n in ("id", *sorted(self.known.claims))),
                    )


def known_words(policy: Policy, catalog: Catalog) -> Words:
    """What the rules of this policy may speak of, beside the catalog."""
    roles = {r for p in policy.principals.values() for r in p.roles} | policy.mentioned_roles()
    roles |= {*policy.includes, *(r for included in policy.includes.values() for r in included)}
    claims = {name: claim for name, claim in policy.claims.items() if name != "id"}
    for principal in policy.principals.values():
        for name, value in principal.claims.items():
            # Nobody declared it: it is for development, and yet what people say may be about it.
            if not isinstance(value, tuple):
                claims.setdefault(name, ClaimType("text"))
    declared = policy.principals_are
    people = declared or guess_principals(catalog)
    return Words(people, frozenset(roles), claims, guessed=declared is None and people is not None)


def written_rules(policy: Policy) -> tuple[Written, ...]:
    """The rules of the policy in the order of its file; load it without a rule book for this."""
    found: list[Written] = []
    for relation, action, rule in policy.each_rule():
        number = 1 + sum((w.relation, w.action) == (relation, action) for w in found)
        name = f"{relation.name}.{action}" + (f".{number}" if number > 1 else "")
        sql = None if rule.english else rule.sql
        found.append(Written(name, relation, action, rule.roles, rule.english, sql))
    return tuple(found)


def ambiguous(english: str, readings: Sequence[EnglishRule]) -> PolicyError:
    """The error that lists the readings of a rule."""
    listed = " ".join(f"({n}) {r.explanation}" for n, r in enumerate(readings[:LISTED], start=1))
    if len(readings) > LISTED:
        listed += f" … and {len(readings) - LISTED} more."
    return PolicyError(
        "policy.ambiguous",
        f"the rule `{english}` has {len(readings)} readings",
        f"{listed} Say which in other words, or write it in SQL",
    )


def changed(rule: EnglishRule, catalog: Catalog) -> str | None:
    """What a rule depends on that is no more as it was, or None."""
    if rule.dialect != catalog.dialect:
        return f"it is a rule for `{rule.dialect}`"
    for dependency in rule.depends:
        relation = catalog.relation(dependency.relation)
        have = {c.name: fingerprint_column(c) for c in relation.columns} if relation else {}
        for column, fingerprint in dependency.columns:
            if have.get(column) != fingerprint:
                return f"column `{column}` of `{dependency.relation.name}` changed"
    return None


_UNSTEADY = (exp.CurrentTimestamp, exp.CurrentTime, exp.Localtimestamp, exp.Limit, exp.Offset)
_UNSTEADY_NAMES = frozenset(
    "now today julianday strftime datetime get_current_timestamp get_current_time current_localtimestamp"
    " random unixepoch age".split()
)
_CONDITIONS = (
    exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between,
    exp.Is, exp.Exists, exp.Like, exp.ILike, exp.Boolean, exp.NullSafeEQ, exp.NullSafeNEQ,
)  # fmt: skip


def require_rule(tree: exp.Expr, dialect: Dialect) -> None:
    """Refuse a predicate that is not true or false, or that may say something else next time.

    Raises `plan.invalid`.
    """
    if not _is_condition(tree, dialect):
        raise PlanError("plan.invalid", "the rule is neither true nor false", "write a comparison")
    for node in tree.walk():
        called = node.name.lower() if isinstance(node, exp.Anonymous) else ""
        clock = isinstance(node, exp.Literal) and node.is_string and node.name.lower() in ("now", "today")
        if isinstance(node, _UNSTEADY) or called in _UNSTEADY_NAMES or clock:
            raise PlanError(
                "plan.invalid",
                f"the rule uses `{called or node.key}`, which says something else each time",
                "`CURRENT_DATE` is the only clock of rules, and a rule limits no rows",
            )


def _is_condition(node: exp.Expr, dialect: Dialect) -> bool:
    if isinstance(node, exp.Paren):
        return _is_condition(node.this, dialect)
    if isinstance(node, exp.Not | exp.And | exp.Or):
        return all(_is_condition(c, dialect) for c in node.iter_expressions())
    if isinstance(node, exp.Column):
        bound = node.meta.get(COLUMN)
        return bound is not None and family(bound.column.type, dialect) == "boolean"
    if isinstance(node, exp.Coalesce):
        return all(_is_condition(c, dialect) for c in (node.this, *node.expressions))
    return isinstance(node, _CONDITIONS)


_FENCE = re.compile(r"```(?:\w+)?\s*\n?(.*?)(?:```|\Z)", re.DOTALL)
_ME, _STAND_IN = re.compile(r":me\.(\w+)"), "__me_"


def extract_predicate(reply: str, relation: Relation, dialect: Dialect) -> str:
    """The condition in the reply: all of it, or what a SELECT from the relation is restricted to.

    Models write whole statements more surely than conditions. One with joins becomes a sub-select of keys.

    Raises `compile.refused` where the model says that it cannot, and `plan.syntax`.
    """
    blocks = _FENCE.findall(reply)
    text = " ".join((blocks[0] if blocks else reply).split()).rstrip("; ")
    if re.match(r"\W*CANNOT\b", text):
        raise CompileError("compile.refused", "the model cannot make a rule of this", None)
    if re.match(r"SELECT\b", text, re.IGNORECASE):
        return _condition_of(text, relation, dialect)
    text = re.sub(r"\AWHERE\s+", "", text, flags=re.IGNORECASE)
    if not text:
        raise PlanError("plan.syntax", "the model wrote no condition", "write one SQL condition")
    return text


def _condition_of(text: str, relation: Relation, dialect: Dialect) -> str:
    select = parse(_ME.sub(rf"{_STAND_IN}\1", text), dialect)
    name, key = relation.name.name, relation.primary_key
    where, source = select.args.get("where"), select.args.get("from_")
    tables = [source.this, *(j.this for j in select.args.get("joins") or ())] if source else []
    own = next((t for t in tables if isinstance(t, exp.Table) and t.name == name), None)
    if where is None or own is None or not isinstance(select, exp.Select):
        raise PlanError(
            "plan.syntax", f"that chooses no rows of `{name}`", "write SELECT * FROM it, and a WHERE"
        )
    if len(tables) == 1:
        for column in where.find_all(exp.Column):
            if column.table == own.alias_or_name:
                column.set("table", exp.to_identifier(name))
        found: exp.Expr = where.this
    elif len(key) == 1:
        select.set("expressions", [exp.column(key[0], table=own.alias_or_name, quoted=True)])
        for rest in ("order", "limit", "distinct"):
            select.set(rest, None)
        found = exp.In(this=exp.column(key[0], quoted=True), query=exp.Subquery(this=select))
    else:
        raise PlanError("plan.syntax", "the condition may not join", "use IN with a sub-select")
    return re.sub(rf'"?{_STAND_IN}(\w+)"?', r":me.\1", found.sql(dialect=dialect))


def _explain(grant: Grant, trees: dict[str, exp.Expr], action: Action, dialect: Dialect) -> str:
    roles = " or ".join(f"`{r}`" for r in sorted(grant.roles))
    who = f"Those with the role {roles}" if roles else "Everyone"
    if grant.sql is None:
        return f"{who} may {action} every row."
    return f"{who} may {action} the rows where {explain_predicate(trees[grant.sql], dialect)}."
