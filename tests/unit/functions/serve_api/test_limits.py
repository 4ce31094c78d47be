"""How often a route may be called, what is not offered at all, and what a request makes the function load."""

import subprocess
import sys

import orjson
import pytest

from courtesy.timeline.profile import encode_profile
from functions.serve_api import directory, wiring
from functions.serve_api.application import join_all
from functions.serve_api.gate import DECLARED
from functions.serve_api.listing import listing
from functions.serve_api.rates import RATES
from functions.serve_api.routes import MODULES, index
from tests.unit.functions.serve_api.conftest import NOW, Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, ROOT, furnish

HERE = CUSTOMERS["cars"]


@pytest.fixture
def house(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def test_one_caller_is_told_to_wait_and_another_is_not(house: Api) -> None:
    path, allowed = f"/customers/{HERE}/access", RATES["heavy"].a_minute
    told = [house("GET", path, role="privacy_officer", sub="olga").status for _ in range(allowed + 1)]
    assert told == [200] * allowed + [429]
    refused = house("GET", path, role="privacy_officer", sub="olga")
    assert refused.type == "application/problem+json"
    assert refused.json["title"].startswith("Too many requests")
    assert refused.headers["retry-after"] == str(60 - NOW.second)
    assert house("GET", path, role="privacy_officer", sub="otto").status == 200
    assert house("GET", f"/customers/{HERE}", role="privacy_officer", sub="olga").status == 200


def test_a_request_that_was_too_much_is_carried_out_when_it_comes_again(house: Api) -> None:
    path, headers, body = (
        "/rulebook/versions/1/rollback",
        {"Idempotency-Key": "once"},
        {"because": "as it was"},
    )
    counted, house.outside.answers.count = house.outside.answers.count, lambda *_: False  # type: ignore[method-assign]
    assert house("POST", path, role="approver", headers=headers, body=body).status == 429
    house.outside.answers.count = counted  # type: ignore[method-assign]
    assert house("POST", path, role="approver", headers=headers, body=body).status < 300


def test_an_answer_under_a_key_goes_with_the_customer(house: Api) -> None:
    body = {
        "purpose": "marketing",
        "channel": "email",
        "division": "*",
        "status": "withdrawn",
        "proof": "call 1",
    }
    headers = {"Idempotency-Key": "their-word"}
    said = house("POST", f"/customers/{HERE}/permissions", role="privacy_officer", body=body, headers=headers)
    assert said.status == 200, said.text
    held = house.outside.answers.held  # type: ignore[attr-defined]
    assert len(held) == 1
    assert "marketing" in next(iter(held.values()))[0].answer
    house("POST", f"/customers/{HERE}/erasure", role="privacy_officer")
    assert held == {}


def test_a_question_with_a_key_is_not_kept(house: Api) -> None:
    body = {"email": "onlyinsrac@example.com"}
    for _ in range(2):
        found = house("POST", "/customers/find", role="engineer", body=body, headers={"Idempotency-Key": "q"})
        assert found.status == 200
    assert house.outside.answers.held == {}  # type: ignore[attr-defined]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PATCH", "DELETE", "PUT"])
def test_a_method_that_is_not_offered_is_told_which_are(house: Api, method: str) -> None:
    answer = house(method, f"/customers/{HERE}", role="engineer")
    assert (answer.status, answer.headers["allow"]) == (405, "GET")
    assert answer.json["detail"] == f"{method} is not offered here; this path takes GET"


@pytest.mark.parametrize(
    "path", ["/", "", "/customers/", "/../etc/passwd", "/customers//explain", "//me", "/me/"]
)
def test_a_path_that_is_none_is_not_found(house: Api, path: str) -> None:
    answer = house("GET", path, role="engineer")
    assert (answer.status, answer.type) == (404, "application/problem+json")


def test_the_list_of_routes_is_what_the_routes_declare() -> None:
    join_all()
    assert (ROOT / "functions/serve_api/routes/index.py").read_text() == listing(), "run `make openapi`"
    assert {module for _, _, module, _, _ in index.LINES} == set(MODULES)
    for method, rule in DECLARED:
        found = directory.find(method, rule)
        assert found is not None, rule
        assert found.rule == rule, f"{rule} is hidden by {found.rule}"


def test_a_request_loads_its_own_resource_only() -> None:
    script = (
        "import sys; from functions.serve_api.handler import handle;"
        "from functions.serve_api import directory, application;"
        "application.route_of(directory.find('GET', '/me'));"
        "print([n.rpartition('.')[2] for n in sys.modules if n.startswith('functions.serve_api.routes.')])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(orjson.loads(done.stdout.replace("'", '"')))
    assert "health" in loaded
    assert len(loaded) <= 4, loaded


def test_no_stored_answer_tells_what_was_asked(house: Api) -> None:
    body = {"division": "cars", "channel": "call", "topic": "a word"}
    path = f"/customers/{HERE}/interactions"
    house("POST", path, role="agent", divisions="cars", body=body, headers={"Idempotency-Key": "k"})
    profile = encode_profile(house.outside.store.read_profile(HERE).profile).decode("latin-1")
    for key, (held, _, _) in house.outside.answers.held.items():  # type: ignore[attr-defined]
        assert "onlyin" in profile
        assert "onlyin" not in f"{key} {held}"
        assert "a word" not in f"{key} {held}"
