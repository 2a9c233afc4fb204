"""If what: states of a row, values of its columns, dates, and what holds of that which it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from nlq.catalog import Column, Relation, family
from nlq.catalog.words import stem, words
from nlq.policy.english.formula import Formula, Holds, opposite, some
from nlq.policy.english.lex import VALUE
from nlq.policy.english.nouns import Nouns, Way, equal, noun_of, states

Readings = Iterator[tuple[Formula, tuple[str, ...]]]


class _People(Protocol):
    def subject(self, phrase: str) -> Iterable[tuple[Formula, tuple[str, ...]]]: ...

    def thing(self, phrase: str) -> list[Way]: ...

    def nested(self, way: Way, formula: Formula, notes: tuple[str, ...]) -> Readings: ...


_BE = r"(?:is|are|was|were|has been|have been)"
_CALLER = r"(?:the |this )?(?:caller|requester|principal|current user|user)"
_UNITS = r"(?P<unit>day|week|month|year)s?"
_COUNT = r"(?P<count>\d+|an?|one|two|three|six|seven|ten|twelve|thirty|sixty|ninety)"
_COUNTS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "six": 6, "seven": 7, "ten": 10, "twelve": 12,
    "thirty": 30, "sixty": 60, "ninety": 90,
}  # fmt: skip
_RECENT = re.compile(
    rf"(?:(?:it|they) )?(?:{_BE} )?(?:(?P<verb>\w+) )?(?:within|in|from|of|during|over) the (?:last|past) "
    rf"(?:(?P<single>day|week|month|year)|{_COUNT} {_UNITS})"
    rf"|(?:(?:it|they) )?(?:{_BE} )?(?:(?P<verb2>\w+) )?(?P<than>less|more|newer|older) than "
    r"(?P<count2>\d+) (?P<unit2>day|week|month|year)s?(?P<ago> ago| old)?"
)
_COMPARED = {
    "at least": ">=", "at most": "<=", "more than": ">", "over": ">", "above": ">", "greater than": ">",
    "less than": "<", "under": "<", "below": "<",
}  # fmt: skip
_NEGATED = {">=": "<", "<=": ">", ">": "<=", "<": ">="}
_MISSING = ("missing", "empty", "null", "unset", "unknown")
_GIVEN = ("set", "given", "known", "present")
_TODAY = "days are counted back from the database's `CURRENT_DATE`"


class Conditions:
    """The conditions that phrases about one relation may mean."""

    def __init__(self, relation: Relation, nouns: Nouns, values: tuple[str, ...], people: _People) -> None:
        self.relation = relation
        self.nouns = nouns
        self._values = values
        self._people = people
        self._known: dict[str, tuple[tuple[Formula, tuple[str, ...]], ...]] = {}

    def condition(self, phrase: str) -> tuple[tuple[Formula, tuple[str, ...]], ...]:
        """Each reading of the phrase as something that holds for a row, or not."""
        if phrase not in self._known:
            self._known[phrase] = ()
            self._known[phrase] = tuple(self._each_condition(phrase))
        return self._known[phrase]

    def _each_condition(self, phrase: str) -> Readings:
        negated = re.fullmatch(rf"(?:(?P<what>.+) )?(?P<be>{_BE} )?not (?P<rest>.+)", phrase)
        if negated and not self._is_elsewhere(negated["what"] or ""):
            begin = f"{negated['what']} " if negated["what"] else ""
            for formula, notes in self.condition(f"{begin}{negated['be'] or ''}{negated['rest']}"):
                yield opposite(formula), notes
        if found := re.fullmatch(rf"(?:{_CALLER}|they) (?:is|are) (.+)", phrase):
            yield from self._people.subject(found[1])
        if found := re.fullmatch(rf"(.+) {_BE} {_CALLER}", phrase):
            yield from self._people.subject(found[1])
        yield from self._recent(phrase)
        yield from self._of_column(phrase)
        bare = re.fullmatch(rf"(?:(?:it|they|this|that) )?{_BE} (?P<state>.+)", phrase)
        yield from self.state(self.relation, bare["state"] if bare else phrase)
        for found in re.finditer(rf" {_BE} ", phrase):
            for way in self._people.thing(phrase[: found.start()]):
                for formula, notes in self.state(way.to, phrase[found.end() :]):
                    if way.hops:
                        yield from self._people.nested(way, formula, notes)
                    else:
                        yield formula, notes

    def _is_elsewhere(self, phrase: str) -> bool:
        """True for what a row refers to: `the project is not archived` says that there is a project."""
        what = re.sub(rf" {_BE}\Z", "", phrase)
        return any(way.hops for way in self._people.thing(what))

    def state(self, relation: Relation, phrase: str) -> Readings:
        """`published`, `a draft`, `not archived`, `unpublished`, `archived ones`."""
        found = re.fullmatch(
            r"(?:an? |still |already |in |marked as |marked )?"
            r"(?P<what>(?:not )?[\w ]+?)(?: (?:ones?|rows?))?",
            phrase,
        )
        if found is None:
            return
        what = found["what"]
        named = list(states(relation, noun_of(what), self.nouns))
        for sql, unless, note in named:
            yield Holds(sql, unless), (note,) if note else ()
        for prefix in ("not ", "non ", "un", "in"):
            if named or not what.startswith(prefix):
                continue
            for sql, unless, note in states(relation, noun_of(what.removeprefix(prefix)), self.nouns):
                yield Holds(unless, sql), (note,) if note else ()

    # dates

    def _recent(self, phrase: str) -> Readings:
        found = _RECENT.fullmatch(phrase)
        if found is None:
            return
        verb = found["verb"] or found["verb2"]
        if found["than"] in ("less", "more") and not found["ago"]:
            return
        if found["than"] in ("older", "newer") and found["ago"]:
            return
        unit = found["single"] or found["unit"] or found["unit2"]
        given = found["count"] or found["count2"] or "1"
        count = _COUNTS.get(given) or int(given)
        before = found["than"] in ("more", "older")
        for column in self._dates(verb):
            name, then = self.nouns.name(column.name), self._back(count, unit)
            recent, earlier = f"{name} >= {then}", f"{name} < {then}"
            sql, other = (earlier, recent) if before else (recent, earlier)
            yield Holds(sql, f"({name} IS NULL OR {other})" if column.nullable else other), (_TODAY,)

    def _dates(self, verb: str | None) -> list[Column]:
        dialect = self.nouns.catalog.dialect
        dated = [c for c in self.relation.columns if family(c.type, dialect) in ("date", "timestamp")]
        if verb is None:
            return dated
        return [c for c in dated if words(c.name)[:1] == (stem(verb),)]

    def _back(self, count: int, unit: str) -> str:
        if self.nouns.catalog.dialect != "sqlite":
            return f"CURRENT_DATE - INTERVAL '{count}' {unit.upper()}"
        days, unit = (count * 7, "day") if unit == "week" else (count, unit)
        return f"DATE(CURRENT_DATE, '-{days} {unit}s')"

    # columns

    def _of_column(self, phrase: str) -> Readings:
        """`status is 'draft'`, `the amount is at most 100`, `approver is missing`."""
        found = re.fullmatch(
            rf"(?:(?:the|its|their) )?(?P<name>\w+(?: \w+){{0,3}}?) (?:{_BE}|equals|=) (?P<what>.+)", phrase
        )
        if found is None:
            return
        stems = noun_of(found["name"])
        for column in self.relation.columns:
            if words(column.name) == stems:
                yield from self._compared(column, found["what"])

    def _compared(self, column: Column, what: str) -> Readings:
        name = self.nouns.name(column.name)
        if what in _MISSING:
            yield Holds(f"{name} IS NULL", f"{name} IS NOT NULL"), ()
        elif what in _GIVEN:
            yield Holds(f"{name} IS NOT NULL", f"{name} IS NULL"), ()
        kind = family(column.type, self.nouns.catalog.dialect)
        for said, sign in _COMPARED.items():
            number = re.fullmatch(rf"{said} (\d+(?:\.\d+)?)", what)
            if number and kind in ("integer", "decimal", "float"):
                other = f"{name} {_NEGATED[sign]} {number[1]}"
                unless = f"({name} IS NULL OR {other})" if column.nullable else other
                yield Holds(f"{name} {sign} {number[1]}", unless), ()
        parts = re.split(r" , or | or | , ", re.sub(r"\A(?:either|one of|any of) ", "", what))
        values = [self._value(column, part, kind) for part in parts]
        found = [v for v in values if v is not None]
        if len(found) == len(parts):
            formulas = [Holds(sql, unless) for sql, unless, _ in found]
            yield some(*formulas), tuple(dict.fromkeys(note for _, _, note in found if note))

    def _value(self, column: Column, said: str, kind: str) -> tuple[str, str, str] | None:
        name = self.nouns.name(column.name)
        quoted = re.fullmatch(rf"{VALUE}(\d+)", said)
        if kind in ("integer", "decimal", "float") and re.fullmatch(r"\d+(?:\.\d+)?", said):
            other = f"{name} <> {said}"
            return f"{name} = {said}", f"({name} IS NULL OR {other})" if column.nullable else other, ""
        if kind == "boolean" and said in ("true", "false", "yes", "no"):
            is_true = said in ("true", "yes")
            plain, other = (
                (name, f"{name} IS NOT TRUE") if is_true else (f"NOT {name}", f"{name} IS NOT FALSE")
            )
            return plain, other, ""
        for label in column.enum:
            if (quoted and label == self._values[int(quoted[1])]) or (
                not quoted and words(label) == noun_of(said)
            ):
                return (*equal(name, label, column.nullable), "")
        if kind != "text" or column.enum:
            return None
        value = self._values[int(quoted[1])] if quoted else said
        if not quoted and (said in (*_MISSING, *_GIVEN) or not re.fullmatch(r"[^\W_]+", said)):
            return None
        return (
            *equal(name, value, column.nullable),
            f"nothing says that `{value}` is a value of `{column.name}`",
        )
