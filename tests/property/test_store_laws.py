"""Whatever is done to a plan file, it is read back as the same plan or not at all."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nlq.catalog import RelationName
from nlq.errors import StoreError
from nlq.plan import Dependency, Parameter, Plan, Provenance, ResultColumn
from nlq.store import Finding, PlanStore

text = st.text(max_size=12)
finite = st.floats(allow_nan=False, allow_infinity=False)
columns = st.dictionaries(text, text, max_size=2).map(lambda d: tuple(sorted(d.items())))
plans = st.builds(
    Plan,
    kind=st.just("query"),
    template=text,
    dialect=st.sampled_from(["duckdb", "postgres", "sqlite"]),
    scope=text,
    sql=text,
    parameters=st.lists(
        st.builds(
            Parameter,
            text,
            st.sampled_from(["integer", "text", "date", "other"]),
            st.none() | st.integers() | finite | text,
        ),
        max_size=2,
    ).map(tuple),
    columns=st.lists(st.builds(ResultColumn, text, text), max_size=2).map(tuple),
    depends=st.dictionaries(st.builds(RelationName, text, text), columns, max_size=3).map(
        lambda d: tuple(Dependency(n, c) for n, c in sorted(d.items()))
    ),
    explanation=text,
    assumptions=st.lists(text, max_size=2).map(tuple),
    provenance=st.builds(Provenance, model=text, attempts=st.integers(0, 9), seconds=finite),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(plans)
def test_a_plan_survives_its_file(tmp_path_factory: Any, plan: Plan) -> None:
    store = PlanStore(tmp_path_factory.getbasetemp() / "laws")
    store.put(plan)
    assert store.get(plan.id) == plan
    store.remove(plan)


@given(plans, st.data())
def test_a_changed_plan_is_refused_or_the_same(plan: Plan, data: st.DataObject) -> None:
    raw = json.loads(json.dumps(plan.to_json()))
    _change_something(raw, data)
    try:
        read = Plan.from_json(raw)
    except StoreError as error:
        assert error.code == "store.invalid"
        return
    assert (read.id, read.lookup) == (plan.id, plan.lookup)
    assert Plan.from_json(json.loads(json.dumps(read.to_json()))) == read


@given(st.binary(max_size=200), plans)
def test_bytes_in_place_of_a_plan_are_a_finding(tmp_path_factory: Any, junk: bytes, plan: Plan) -> None:
    store = PlanStore(tmp_path_factory.getbasetemp() / "junk")
    store.directory.mkdir(parents=True, exist_ok=True)
    store.path(plan).write_bytes(junk)
    assert isinstance(store.get(plan.id), Finding)
    store.remove(plan)


def _change_something(raw: Any, data: st.DataObject) -> None:
    """Replace, drop or add one value, anywhere in `raw`."""
    place: Any = raw
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            place.update(x=1) if isinstance(place, dict) else place.append(data.draw(anything))
            return
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], (dict, list)) and data.draw(st.booleans()):
            place = place[key]
            continue
        match data.draw(st.sampled_from(["replace", "drop", "add"])):
            case "drop":
                del place[key]
            case "add" if isinstance(place, dict):
                place[data.draw(st.text(max_size=5))] = data.draw(anything)
            case "add":
                place.insert(key, data.draw(anything))
            case _:
                place[key] = data.draw(anything)
        return
