"""What the console asks beside the documented routes: who may, and what comes back."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from nlq.drawing import WAITING, Drawer
from nlq.errors import NlqError
from nlq.evaluate.compare import Compared
from nlq.evaluate.report import Report
from nlq.http import create_app
from nlq.http.console.chart import DRAWER
from nlq.service import Service

OpenShop = Callable[..., Service]
Serve = Callable[[FastAPI], httpx.Client]
ENGLISH = '\n[relations.secrets]\nread = "signed-in users"\n'
ANA = {"x-nlq-as": "ana"}


@pytest.fixture
def policy(shop_policy: Path) -> str:
    shop_policy.write_text(shop_policy.read_text("utf-8") + ENGLISH, "utf-8")
    return str(shop_policy)


@pytest.fixture
def developing(open_shop: OpenShop, policy: str, serve: Serve) -> httpx.Client:
    """A client of a server on which a policy is developed: the owner by default, others by name."""
    return serve(create_app(open_shop(policy=policy, dev=True, open=True)))


def count(client: httpx.Client, relation: str, **headers: str) -> Any:
    reply = client.post("/sql", json={"sql": f"SELECT count(*) AS n FROM {relation}"}, headers=headers)
    return reply.json()["rows"][0]["n"] if reply.status_code == 200 else reply.json()["code"]


def test_who_develops_a_policy_is_the_owner_until_they_are_somebody(developing: httpx.Client) -> None:
    sql = {"sql": "SELECT email FROM customers ORDER BY id"}
    assert developing.post("/sql", json=sql).json()["rows"][0] == {"email": "ana@example.org"}
    assert developing.post("/sql", json=sql, headers=ANA).json()["code"] == "plan.unknown_column"
    assert [count(developing, "orders"), count(developing, "orders", **ANA)] == [4, 2]
    assert [count(developing, "secrets"), count(developing, "secrets", **ANA)] == [
        1,
        "plan.unknown_relation",
    ]


@pytest.mark.parametrize("given", [{"dev": True}, {"open": True}], ids=["dev", "open"])
def test_one_of_the_two_settings_makes_nobody_the_owner(
    open_shop: OpenShop, policy: str, serve: Serve, given: dict[str, bool]
) -> None:
    client = serve(create_app(open_shop(policy=policy, **given)))
    assert count(client, "orders") == "plan.unknown_relation"


def test_a_rule_is_compiled_read_and_approved_of(developing: httpx.Client) -> None:
    def status() -> dict[str, str]:
        return {r["name"]: r["status"] for r in developing.get("/console/rules").json()["rules"]}

    known = dict.fromkeys(("customers.read", "customers.read.2", "orders.read", "orders.read.2"), "sql")
    assert status() == {**known, "secrets.read": "missing"}
    developing.post("/console/rules/compile", json={})
    assert status() == {**known, "secrets.read": "new"}
    read = developing.get("/console/rules/secrets.read").json()
    assert read["grants"] == [{"roles": [], "predicate": ":me.id IS NOT NULL"}]
    assert [row["sees"] for row in read["examples"]["rows"]] == [[[True, True, True, False]]]
    approval = {"name": "secrets.read", "id": read["id"], "by": "Mia"}
    other = developing.post("/console/rules/approve", json={**approval, "id": "0" * 16})
    nobody = developing.post("/console/rules/approve", json={**approval, "by": " "})
    assert [(r.status_code, r.json()["code"]) for r in (other, nobody)] == [(400, "request.invalid")] * 2
    assert count(developing, "secrets", **ANA) == "plan.unknown_relation"
    approved = developing.post("/console/rules/approve", json=approval).json()
    assert (approved["status"], approved["reviewed"]["by"]) == ("reviewed", "Mia")
    assert count(developing, "secrets", **ANA) == 1


def test_what_each_principal_reads(developing: httpx.Client) -> None:
    found = developing.get("/console/access").json()
    names = [p["name"] for p in found["people"]]
    reach = {
        r["relation"]: {
            n: (c["effect"], [k["name"] for k in c["columns"]])
            for n, c in zip(names, r["reach"], strict=True)
        }
        for r in found["relations"]
    }
    assert names == ["owner", "ana", "root", "anybody"]
    assert reach["main.customers"] == {
        "owner": ("allowed", []),
        "ana": ("filtered", ["email"]),
        "root": ("allowed", ["email"]),
        "anybody": ("denied", ["email"]),
    }


INSIDE = ["/console/rules", "/console/rules/orders.read", "/console/access", "/console/report"]


@pytest.mark.parametrize("path", INSIDE)
def test_the_policy_is_not_for_everyone(open_shop: OpenShop, policy: str, serve: Serve, path: str) -> None:
    client = serve(create_app(open_shop(policy=policy)))
    refused = client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "policy.denied")
    assert client.get("/console/session").json()["insider"] is False


def test_a_page_of_another_origin_changes_nothing(developing: httpx.Client) -> None:
    body = {"name": "secrets.read", "id": "x", "by": "Eve"}
    crossed = developing.post("/console/rules/approve", json=body, headers={"sec-fetch-site": "cross-site"})
    text = developing.post(
        "/console/rules/approve", content=json.dumps(body), headers={"content-type": "text/plain"}
    )
    assert [(r.status_code, r.json()["code"]) for r in (crossed, text)] == [(400, "request.invalid")] * 2


def test_without_a_policy_there_are_no_rules(open_shop: OpenShop, serve: Serve) -> None:
    client = serve(create_app(open_shop(open=True)))
    assert client.get("/console/rules").json() == {"policy": False, "rules": [], "columns": []}
    assert [p["name"] for p in client.get("/console/access").json()["people"]] == ["owner", "anybody"]


def test_sql_is_kept_as_the_plan_and_what_it_replaced_is_shown(
    developing: httpx.Client, open_shop: OpenShop, policy: str, serve: Serve
) -> None:
    question = {"question": "Show the orders over 10"}
    sql = "SELECT id FROM orders WHERE total > 10"
    before = developing.post("/query", json=question).json()
    seen = {**question, "sql": sql, "seen": before["plan"]["id"]}
    kept = developing.post("/console/keep", json=seen).json()
    assert (kept["question"], kept["provenance"]["model"]) == ("Show the orders over {p1}", "hand")
    after = developing.post("/query", json={"question": "Show the orders over 50"}).json()
    assert (after["rows"], after["plan"]["id"]) == ([{"id": 3}], kept["id"])
    [shown] = developing.get("/console/plans").json()["plans"]
    assert [(e["id"], e["model"]) for e in shown["earlier"]] == [(before["plan"]["id"], "scripted")]
    again = developing.post("/console/keep", json=seen)
    stranger = serve(create_app(open_shop(policy=policy))).post("/console/keep", json=seen)
    assert [r.json()["code"] for r in (again, stranger)] == ["request.invalid", "policy.denied"]


def test_plans_with_how_they_stand(open_shop: OpenShop, serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(path)) as file:
        file.executescript("CREATE TABLE orders (id INTEGER PRIMARY KEY, total INTEGER, note TEXT);")
    service = open_shop(db=f"sqlite:///{path}", open=True)
    client = serve(create_app(service))
    for question in ("List all orders", "Show the orders over 10"):
        client.post("/compile", json={"question": question})

    def standing() -> list[tuple[str, str, str | None]]:
        found = client.get("/console/plans").json()["plans"]
        return [(p["question"], p["standing"], p["asked"]) for p in found]

    assert standing() == [
        ("List all orders", "current", "List all orders"),
        ("Show the orders over {p1}", "current", "Show the orders over 10"),
    ]
    with closing(sqlite3.connect(path)) as file:
        file.executescript("ALTER TABLE orders DROP COLUMN note;")
    service.refresh()
    assert [row[1] for row in standing()] == ["stale", "current"]


def test_plans_of_others_are_told_without_their_values(
    open_shop: OpenShop, shop_policy: Path, serve: Serve, model: Any
) -> None:
    bound = "SELECT o.id FROM orders AS o JOIN customers AS c ON c.id = o.customer_id"
    model.replies = {
        "List all orders": "SELECT id FROM orders",
        "List the orders of 'Ana'": f"{bound} WHERE c.name = 'Ana' OR c.name = 'Ana Maria'",
    }
    shop_policy.write_text("[relations.orders]\nread = true\n[relations.customers]\nread = true\n", "utf-8")
    client = serve(create_app(open_shop(policy=str(shop_policy))))
    for question in model.replies:
        assert client.post("/compile", json={"question": question}).status_code == 200
    found = client.get("/console/plans").json()["plans"]
    assert [(p["question"], p["scope"]) for p in found] == [("List all orders", None)]


def test_the_last_report(
    open_shop: OpenShop, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    client = serve(create_app(open_shop(open=True)))
    assert client.get("/console/report").json() == {"report": None}
    (tmp_path / "evals").mkdir()
    written = {"reports": [Compared(Report("demo", ())).to_json()], "failures": []}
    (tmp_path / "evals" / "report.json").write_text(json.dumps(written), "utf-8")
    assert client.get("/console/report").json()["report"]["reports"][0]["suite"] == "demo"
    (tmp_path / "evals" / "report.json").write_text("{", "utf-8")
    assert client.get("/console/report").json()["code"] == "eval.invalid"


CHART = {
    "kind": "bar",
    "x": {
        "name": "datum['x'] <b>",
        "scale": "nominal",
        "values": ["<script>alert(1)</script>", "b & c", None],
    },
    "y": {"name": "n", "scale": "quantitative", "values": [1, 2.5, 3]},
}


@pytest.mark.parametrize("kind", ["bar", "line", "points", "histogram", "heat"])
def test_a_chart_is_a_picture_and_nothing_else(stable_client: httpx.Client, kind: str) -> None:
    colour = {"colour": {"name": "c", "scale": "nominal", "values": ["p", "q", "p"]}}
    svg = stable_client.post("/console/chart", json={**CHART, **colour, "kind": kind}).json()["svg"]
    tree = ElementTree.fromstring(svg)
    assert {e.tag.partition("}")[2] for e in tree.iter()} <= {
        "svg", "g", "rect", "path", "text", "line", "circle", "defs", "linearGradient", "stop", "clipPath",
        "title",
    }  # fmt: skip
    assert [a for e in tree.iter() for a in e.attrib if a.startswith("on") or a.endswith("href")] == []


def test_a_chart_of_what_cannot_be_printed(stable_client: httpx.Client) -> None:
    odd = {"name": "line\nbreak\x1b", "scale": "nominal", "values": ["a\nb", "nul\0", "\x1b[31m"]}
    svg = stable_client.post("/console/chart", json={**CHART, "x": odd}).json()["svg"]
    texts = {e.text for e in ElementTree.fromstring(svg).iter() if e.tag.endswith("text")}
    assert {"a b", "line break"} <= texts


def test_charts_hold_few_threads() -> None:
    drawer = Drawer()
    for _ in range(WAITING):
        drawer._places.acquire()
    with pytest.raises(NlqError) as caught:
        drawer.draw({})
    assert caught.value.code == "request.busy"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"y": None}, "a chart of bar needs `y`", id="no-y"),
        pytest.param({"kind": "heat"}, "a heat map needs two categories", id="no-colour"),
        pytest.param(
            {"y": {"name": "n", "scale": "quantitative", "values": [1]}},
            "the columns of a chart are not of the same length",
            id="lengths",
        ),
        pytest.param(
            {"spec": {"data": {"url": "http://127.0.0.1/"}}}, "there is no field `spec`", id="own-spec"
        ),
    ],
)
def test_what_cannot_be_drawn(stable_client: httpx.Client, change: dict[str, Any], said: str) -> None:
    refused = stable_client.post("/console/chart", json={**CHART, **change})
    assert (refused.status_code, refused.json()["code"], refused.json()["detail"]) == (
        400,
        "request.invalid",
        said,
    )


def test_a_drawer_that_dies_is_replaced(developing: httpx.Client) -> None:
    assert developing.post("/console/chart", json=CHART).status_code == 200
    child = DRAWER._child
    assert child is not None
    child.stop()
    again = [developing.post("/console/chart", json=CHART) for _ in range(2)]
    # It may die while it draws: that chart is lost, and the next is not.
    assert again[-1].json()["svg"].startswith("<svg")
    DRAWER.close()
    assert not child.is_alive


def test_charts_need_their_extra(developing: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert developing.get("/console/session").json()["charts"] is True
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    assert developing.get("/console/session").json()["charts"] is False
    assert developing.post("/console/chart", json=CHART).json()["code"] == "settings.missing_extra"
