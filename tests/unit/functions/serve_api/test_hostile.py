"""What a stranger sends: every route with wrong bodies, ids, cursors, tags and keys. Always a problem document, never a 500, and
never a word of it in the log."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from functions.serve_api import wiring
from functions.serve_api.application import join_all
from functions.serve_api.caller import ROLES
from functions.serve_api.gate import DECLARED, Route
from tests.unit.functions.serve_api.conftest import Answer, Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, DRAFT, QUERIES, SAMPLES, furnish

join_all()
GUARDED = [route for route in DECLARED.values() if not route.access.public]
SECRET = "zyxwvSecretPerson"
BODIES = {
    "nothing": "",
    "no json": "{",
    "half of a letter": '{"a": "\\ud800"}',
    "a list": "[]",
    "null": "null",
    "a number": "1e999",
    "a text": f'"{SECRET}"',
    "unknown fields": orjson.dumps({SECRET: SECRET}).decode(),
    "wrong types": orjson.dumps(
        {"text": 1, "division": [SECRET], "fields": 7, "title": {}, "customer_id": None}
    ).decode(),
    "deep": "[" * 5000 + "]" * 5000,
    "large": orjson.dumps(
        {"text": SECRET * 60_000, "title": SECRET * 60_000, "content": SECRET * 60_000}
    ).decode(),
    "a NUL": '{"title": "a\\u0000b", "text": "a\\u0000b", "criteria": "a\\u0000b", "email": "a\\u0000b"}',
}
IDS = (
    "..",
    "%2e%2e%2fetc",
    "ü" * 40,
    "x" * 3000,
    "' OR 1=1 --",
    "<script>",
    "c" + "A" * 26,
    "\u202e",
    "a b",
    "null",
    "-1",
    "٣",
)
QUERY = (
    {"cursor": SECRET, "limit": "-1"},
    {"cursor": "../..", "limit": "x"},
    {"limit": "999999999999999999999", "draft": "d-" + "0" * 38, "version": "99999999"},
    {"cycle": "2026-11-20-zzz", "from": "2026-13-45", "to": "x", "division": "ü", "trigger": "'"},
    {"path": "../../etc/passwd", "against": "0", "cursor": "\u0000"},
    {"path": "", "cursor": "9" * 9, "after": "9" * 30, "channel": "pigeon", "sample": "nobody"},
)


@pytest.fixture
def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    monkeypatch.setattr(outside.answers, "count", lambda *_: True)
    return Api(outside)


def sane(answer: Answer, told: str) -> None:
    """A success, or a problem document that says what is wrong."""
    assert answer.status < 500, f"{told}: {answer.text[:300]}"
    if answer.status >= 400:
        assert answer.type == "application/problem+json", told
        assert answer.json["status"] == answer.status, told
        assert answer.json["detail"], told
        assert len(answer.text) < 20_000, told


def filled(route: Route, **others: str) -> str:
    path = route.rule
    for name, value in {**SAMPLES, "customer_id": CUSTOMERS["cars"], **others}.items():
        path = path.replace(f"<{name}>", value)
    return path


def role_of(route: Route) -> str:
    return sorted(route.access.roles - {"agent", "dealer"} or route.access.roles)[0]


def ask(world: Api, route: Route, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> Answer:
    tag = {"if-match": f'"{world.outside.drafts.read(DRAFT).revision}"'}
    return world(
        route.method, path, role=role_of(route), divisions="cars", headers={**tag, **(headers or {})}, **more
    )


def body_of(route: Route) -> object:
    """As little as a route takes."""
    return {"days": 1, "customers": 1} if route.rule.endswith("/rehearsal") else {} if route.writes else None


def names(route: Route) -> Iterator[str]:
    for part in route.rule.split("/"):
        if part.startswith("<"):
            yield part[1:-1]


WRITES = [route for route in GUARDED if route.writes]


@pytest.mark.parametrize("route", WRITES, ids=[f"{r.method} {r.rule}" for r in WRITES])
def test_bodies(route: Route, world: Api, capfd: pytest.CaptureFixture[str]) -> None:
    query = QUERIES.get(f"{route.method} {route.rule}")
    for name, raw in BODIES.items():
        sane(ask(world, route, filled(route), raw=raw, query=query), name)
    log = capfd.readouterr()
    assert SECRET not in log.out + log.err


NAMED = [route for route in GUARDED if "<" in route.rule]


@pytest.mark.parametrize("route", NAMED, ids=[f"{r.method} {r.rule}" for r in NAMED])
def test_ids(route: Route, world: Api) -> None:
    for name in names(route):
        for given in IDS:
            answer = ask(world, route, filled(route, **{name: given}), body=body_of(route))
            sane(answer, f"{name}={given[:30]}")
            assert answer.status >= 400 or name in ("trigger_id", "dealer_id"), (
                f"{name}={given[:30]}: {answer.status}"
            )


@pytest.mark.parametrize("route", GUARDED, ids=[f"{r.method} {r.rule}" for r in GUARDED])
def test_queries_and_headers(route: Route, world: Api, capfd: pytest.CaptureFixture[str]) -> None:
    path, body = filled(route), body_of(route)
    slow = route.rule.endswith(("/rehearsal", "/check", "<draft_id>/segments"))  # they take no query
    for query in QUERY[:1] if slow else QUERY:
        sane(ask(world, route, path, query=query, body=body), str(query))
    for tag in () if slow else ("", "*", '"999999"', 'W/"1"', '"1", "2"', "x" * 60, "ü"):
        sane(
            ask(
                world,
                route,
                path,
                headers={"if-match": tag},
                body=body,
                query=QUERIES.get(f"{route.method} {route.rule}"),
            ),
            tag,
        )
    if route.writes and not route.access.asks:
        for key in ("", " ", "ü", "x" * 201, "a\nb"):
            assert ask(world, route, path, headers={"idempotency-key": key}, body=body).status == 422
        first = {"idempotency-key": "the-same"}
        sane(ask(world, route, path, headers=first, raw='{"a": 1}'), "once")
        assert ask(world, route, path, headers=first, raw='{"a": 2}').status == 422
    log = capfd.readouterr()
    assert SECRET not in log.out + log.err


@pytest.mark.parametrize(
    "claims", [{}, {"cognito:groups": None}, {"sub": None, "cognito:groups": 7}, {"cognito:groups": "[root]"}]
)
def test_a_token_without_a_role_of_ours_opens_nothing(world: Api, claims: dict[str, object]) -> None:
    from functions.serve_api.handler import handle

    for route in GUARDED:
        http = {"method": route.method, "path": filled(route)}
        context = {
            "http": http,
            "requestId": "r",
            "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
        }
        event = {
            "version": "2.0",
            "rawPath": filled(route),
            "headers": {},
            "requestContext": context,
            "body": None,
        }
        answer = handle(event, None)
        assert answer["statusCode"] in (401, 403)
    assert len(ROLES) == 7
