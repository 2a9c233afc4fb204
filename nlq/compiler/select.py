"""The part of a catalog that a question is about, small enough for the prompt.

Relations are scored by the words that they share with the question, rare words counting more (BM25
without its length term, because names are short), then connected along foreign keys, so that the model
sees how to join what it needs.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping

from nlq.catalog import Catalog, Relation, RelationName
from nlq.compiler.schema_text import column_tokens
from nlq.compiler.words import content_words, words

_NAME, _COLUMN, _COMMENT, _VALUE = 4.0, 1.5, 1.0, 3.0
MAX_RELATIONS = 24
MAX_COLUMNS = 60


def select_relations(
    catalog: Catalog,
    question: str,
    matched: Iterable[RelationName],
    cost: Mapping[RelationName, int],
    budget: int,
) -> Catalog:
    """The catalog itself if it costs at most `budget`, else its relations that matter most.

    `matched` are relations with a value that the question mentions. `cost` and `budget` are in tokens.
    """
    if sum(cost.values()) <= budget:
        return catalog
    scores = score_relations(catalog, question, matched)
    neighbours = _neighbours(catalog)
    # Where words tell nothing, what much else refers to is the best guess at what the database is about.
    ranked = sorted(catalog, key=lambda r: (-scores[r.name], -len(neighbours[r.name]), r.name))
    by_words = scores[ranked[0].name] > 0
    # One relation never takes everything: what it is joined with must fit too.
    most = budget * 3 // 4
    chosen: dict[RelationName, None] = {}
    spent = 0
    for relation in ranked:
        if by_words and scores[relation.name] <= 0:
            break
        path = _path(relation.name, chosen, neighbours) if chosen else [relation.name]
        new = [n for n in path if n not in chosen]
        price = sum(min(cost[n], most) for n in new)
        if chosen and spent + price > budget:
            new, price = [relation.name], min(cost[relation.name], most)
            if spent + price > budget:
                continue
        chosen.update(dict.fromkeys(new))
        spent += price
        if spent >= budget or len(chosen) >= MAX_RELATIONS:
            break
    asked = set(content_words(question))
    columns = {r.name: _columns(r, asked, most) for r in catalog if r.name in chosen}
    return catalog.restrict(lambda r: r.name in columns, lambda r, c: c.name in columns[r.name])


def score_relations(
    catalog: Catalog, question: str, matched: Iterable[RelationName]
) -> dict[RelationName, float]:
    """How much each relation has to do with the question; 0 for nothing at all."""
    asked = set(content_words(question)) or set(words(question))
    documents = {r.name: _document(r) for r in catalog}
    frequency = Counter(w for d in documents.values() for w in d)
    total = len(documents)
    scores = {
        name: sum(
            weight * math.log(1 + total / frequency[word])
            for word, weight in document.items()
            if word in asked
        )
        for name, document in documents.items()
    }
    for name, document in documents.items():
        own = set(words(name.name))
        # All words of its name are asked for: surely the subject, not one of its details.
        if own and own <= asked:
            scores[name] *= 1.5
        elif document and scores[name]:
            scores[name] *= 1 - 0.1 * len(own - asked) / len(own)
    for name in matched:
        scores[name] += _VALUE * math.log(1 + total)
    return scores


def _document(relation: Relation) -> dict[str, float]:
    weights: dict[str, float] = {}
    for column in relation.columns:
        for word in (*words(column.name), *(w for v in column.enum for w in words(v))):
            weights[word] = max(weights.get(word, 0), _COLUMN)
        for word in content_words(column.comment or ""):
            weights[word] = max(weights.get(word, 0), _COMMENT)
    for word in content_words(relation.comment or ""):
        weights[word] = max(weights.get(word, 0), 2 * _COMMENT)
    for word in words(relation.name.name):
        weights[word] = _NAME
    return weights


def _neighbours(catalog: Catalog) -> dict[RelationName, set[RelationName]]:
    graph: dict[RelationName, set[RelationName]] = {r.name: set() for r in catalog}
    for relation in catalog:
        for key in relation.foreign_keys:
            if key.referred in graph:
                graph[relation.name].add(key.referred)
                graph[key.referred].add(relation.name)
    return graph


def _path(
    start: RelationName, goals: Mapping[RelationName, None], graph: Mapping[RelationName, set[RelationName]]
) -> list[RelationName]:
    """The shortest way from `start` to any goal, both included; just `start` where it is too far."""
    queue: deque[list[RelationName]] = deque([[start]])
    seen = {start}
    while queue:
        path = queue.popleft()
        if path[-1] in goals:
            return path
        if len(path) <= 3:
            for step in sorted(graph[path[-1]] - seen):
                seen.add(step)
                queue.append([*path, step])
    return [start]


def _columns(relation: Relation, asked: set[str], budget: int) -> frozenset[str]:
    """All columns; of a relation that is too wide, its key and those nearest to the question."""
    sizes = {c.name: column_tokens(c) for c in relation.columns}
    if len(sizes) <= MAX_COLUMNS and sum(sizes.values()) <= budget:
        return frozenset(sizes)
    foreign = {c for k in relation.foreign_keys for c in k.columns}
    ranked = sorted(
        relation.columns,
        key=lambda c: (
            c.name not in relation.primary_key,
            -len(asked & {*words(c.name), *words(c.comment or "")}),
            c.name not in foreign,
        ),
    )
    kept: set[str] = set()
    for column in ranked[:MAX_COLUMNS]:
        budget -= sizes[column.name]
        if budget < 0 and kept:
            break
        kept.add(column.name)
    return frozenset(kept)
