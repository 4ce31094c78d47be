"""The description holds: whatever is asked, no answer is a server error, and each is as `docs/openapi.json` says.

Schemathesis makes requests of the description, good ones and bad ones, and asks the handler in this process; every second one
is about something that exists. The caller has all roles, so that every route is reached.
"""

import base64
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.serve_api import wiring
from functions.serve_api.caller import ROLES
from functions.serve_api.handler import handle
from tests.unit.functions.serve_api.conftest import Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, DRAFT, SAMPLES, furnish

EXAMPLES = 3
"""Requests of each route; the description has a hundred."""
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_asked = count()


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The handler as a WSGI application, as the HTTP API would call it for somebody with every role."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    query = dict(pair.partition("=")[::2] for pair in environ.get("QUERY_STRING", "").split("&") if pair)
    claims = {"sub": "everybody", "cognito:groups": f"[{' '.join(sorted(ROLES))}]", "custom:divisions": ""}
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    event = {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": environ.get("QUERY_STRING", ""),
        "headers": headers, "queryStringParameters": {k: unquoted(v) for k, v in query.items()} or None,
        "requestContext": {
            "http": {"method": environ["REQUEST_METHOD"], "path": path}, "requestId": "r", "stage": "$default",
            "authorizer": {"jwt": {"claims": claims, "scopes": None}},
        },
        "body": base64.b64encode(body).decode() if body else None, "isBase64Encoded": True,
    }  # fmt: skip
    answer = handle(event, None)
    shown = answer["body"] or ""
    content = base64.b64decode(shown) if answer.get("isBase64Encoded") else shown.encode()
    start_response(f"{answer['statusCode']} told", list(answer["headers"].items()))
    return [content]


def unquoted(text: str) -> str:
    """A query value as the HTTP API hands it on."""
    from urllib.parse import unquote_plus

    return unquote_plus(text)


schema = schemathesis.openapi.from_wsgi("/openapi.json", wsgi)


@pytest.fixture
def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
def test_every_answer_is_as_described(case: "schemathesis.Case[Any]", world: Api) -> None:
    if next(_asked) % 2 == 0:
        known = {**SAMPLES, "customer_id": CUSTOMERS["cars"]}
        case.path_parameters = {name: known[name] for name in case.path_parameters or {}}
        if "draft_id" in case.path_parameters:
            revision = world.outside.drafts.read(DRAFT).revision
            case.headers["If-Match"] = f'"{revision}"'
    for name, most in (("days", 1), ("customers", 2)):  # a rehearsed day takes its time
        given = case.body.get(name) if isinstance(case.body, dict) else None
        if isinstance(case.body, dict) and isinstance(given, int):
            case.body[name] = min(given, most)
    case.call_and_validate(checks=CHECKS)
