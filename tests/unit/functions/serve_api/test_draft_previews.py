"""A message is previewed as a draft has it, by those who see drafts."""

import pytest

from functions.serve_api import wiring
from tests.unit.functions.serve_api.conftest import Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, DRAFT, furnish

PATH = "messages/service_due_cars.yaml"
HERE = CUSTOMERS["cars"]


@pytest.fixture
def drafting(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """A draft whose subject lines are others."""
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    api = Api(outside)
    text = outside.drafts.read(DRAFT).files[PATH]
    louder = "\n".join(
        line.partition("subject:")[0] + "subject: Quite another line" if "subject:" in line else line
        for line in text.splitlines()
    )
    where = f"/rulebook/drafts/{DRAFT}/file"
    written = api(
        "PUT",
        where,
        role="marketer",
        query={"path": PATH},
        body={"text": louder},
        headers={"if-match": '"1"'},
    )
    assert written.status == 200, written.text
    return api


@pytest.mark.parametrize(
    "path", ["/messages/service_due_cars/preview", f"/customers/{HERE}/preview/service_due_cars"]
)
def test_the_draft_s_words_are_shown_and_those_in_force_stay(drafting: Api, path: str) -> None:
    now = drafting("GET", path, role="marketer", query={"channel": "email"}).json
    then = drafting("GET", path, role="marketer", query={"channel": "email", "draft": DRAFT}).json
    assert then["subject"] == "Quite another line" != now["subject"]
    assert then["html"]


def test_whoever_sees_no_drafts_sees_none_here(drafting: Api) -> None:
    query = {"channel": "email", "draft": DRAFT}
    for path, role in (
        ("/messages/service_due_cars/preview", "dealer"),
        (f"/customers/{HERE}/preview/service_due_cars", "agent"),
    ):
        answer = drafting("GET", path, role=role, divisions="cars", query=query)
        assert (answer.status, "Quite another" in answer.text) == (403, False)


@pytest.mark.parametrize(("draft", "status"), [("d-00000000", 404), ("../x", 422), ("d-ü", 422)])
def test_a_draft_that_is_none(drafting: Api, draft: str, status: int) -> None:
    asked = drafting("GET", "/messages/service_due_cars/preview", role="engineer", query={"draft": draft})
    assert (asked.status, asked.type) == (status, "application/problem+json")
    assert (
        drafting("GET", "/messages/service_due_carz/preview", role="engineer", query={"draft": DRAFT}).status
        == 400
    )
