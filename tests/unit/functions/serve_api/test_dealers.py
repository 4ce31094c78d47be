"""Dealers' words at the API: a dealer writes and sees its own, the client's approver decides, everybody may look first."""

from typing import Any

import pytest

from tests.unit.functions.serve_api.conftest import Answer, Api
from tests.unit.messages.people import HOSTILE

PATH = "/dealers/D001/blocks/service_due_cars"
BODY = {"text": "Coffee is on us, {{ customer.given_name }}.", "expires": "2027-03-31"}


def as_dealer(api: Api, method: str, path: str, body: Any = None, dealers: str = "D001 D003") -> Answer:
    return api(method, path, role="dealer", divisions="cars", dealers=dealers, body=body)


def test_words_are_written_read_approved_and_taken_away(dealing: Api) -> None:
    written = as_dealer(dealing, "PUT", PATH, BODY)
    assert written.status == 200, written.text
    assert (written.json["state"], written.json["trigger"]) == ("waiting", "service_due_cars")
    checksum = written.json["waiting"]["checksum"]

    (waiting,) = dealing("GET", "/blocks/waiting", role="approver").json["blocks"]
    assert (waiting["dealer"], waiting["waiting"]["text"]) == ("D001", BODY["text"])
    approved = dealing("POST", f"{PATH}/approve", role="approver", body={"checksum": checksum})
    assert approved.json["state"] == "approved"
    assert [b.text for b in dealing.outside.approved_blocks("D001")] == [BODY["text"]]

    (held,) = as_dealer(dealing, "GET", "/dealers/D001/blocks").json["blocks"]
    assert held["approved"]["decided_by"] == "sub-of-approver"
    assert as_dealer(dealing, "DELETE", PATH).json == {"withdrawn": "service_due_cars/*/*/en"}
    assert as_dealer(dealing, "GET", "/dealers/D001/blocks").json["blocks"] == []


def test_a_dealer_learns_its_name_and_the_messages_its_words_can_stand_in(dealing: Api) -> None:
    mine = as_dealer(dealing, "GET", "/dealers/D001/blocks").json
    assert (mine["dealer"], mine["name"]) == ("D001", "Meridian Harborside")
    listed = {each["trigger"]: each for each in mine["messages"]}
    assert listed["service_due_cars"]["label"] == "Car service is due"
    assert "email" in listed["service_due_cars"]["channels"]
    assert not any("marine" in trigger for trigger in listed), "this dealer has no boats"


def test_a_dealer_is_found_in_the_rulebook_by_its_id_as_written(dealing: Api) -> None:
    found = dealing("GET", "/rulebook/sections/dealers/D001", role="approver")
    assert found.json["value"]["name"] == "Meridian Harborside"


def test_a_refusal_tells_the_dealer_why(dealing: Api) -> None:
    checksum = as_dealer(dealing, "PUT", PATH, BODY).json["waiting"]["checksum"]
    verdict = {"checksum": checksum, "reason": "no coffee here"}
    assert dealing("POST", f"{PATH}/refuse", role="approver", body=verdict).json["state"] == "refused"
    assert (
        as_dealer(dealing, "GET", "/dealers/D001/blocks").json["blocks"][0]["refused"]["reason"]
        == "no coffee here"
    )
    late = dealing("POST", f"{PATH}/approve", role="approver", body={"checksum": checksum})
    assert late.status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE"])
def test_a_dealer_has_no_business_with_another_dealer_s_words(dealing: Api, method: str) -> None:
    as_dealer(dealing, "PUT", PATH, BODY)
    path = {"GET": "/dealers/D001/blocks", "POST": f"{PATH}/preview"}.get(method, PATH)
    body = None if method in ("GET", "DELETE") else BODY if method == "PUT" else {"text": "x"}
    assert as_dealer(dealing, method, path, body, dealers="D002").status == 404
    assert as_dealer(dealing, method, path, body, dealers="").status == 404
    assert dealing.outside.blocks.read("D001")[0].blocks[0].waiting is not None


def test_a_dealer_cannot_approve(dealing: Api) -> None:
    checksum = as_dealer(dealing, "PUT", PATH, BODY).json["waiting"]["checksum"]
    for verdict in ("approve", "refuse"):
        assert as_dealer(dealing, "POST", f"{PATH}/{verdict}", {"checksum": checksum}).status == 403
    assert as_dealer(dealing, "GET", "/blocks/waiting").status == 403


def test_words_that_cannot_be_shown_are_refused_with_their_lines(dealing: Api) -> None:
    answer = as_dealer(dealing, "PUT", PATH, BODY | {"text": "Hello\n{{ customer.citty }}"})
    assert answer.status == 400
    assert "line 2: unknown variable `customer.citty`; did you mean `customer.city`?" in answer.json["detail"]
    assert as_dealer(dealing, "PUT", PATH, BODY | {"expires": "2020-01-01"}).status == 400
    assert as_dealer(dealing, "PUT", PATH.replace("cars", "motorcycles") + "x", BODY).status == 400


def test_words_on_trial_are_shown_and_not_saved(dealing: Api) -> None:
    tried = as_dealer(dealing, "POST", f"{PATH}/preview", {"text": BODY["text"]})
    assert tried.json["findings"] == []
    assert "Coffee is on us, Anna." in tried.json["shown"]["html"]
    card = as_dealer(
        dealing,
        "POST",
        f"{PATH}/preview",
        {"text": "Coffee is on us.", "as_channel": "postcard", "pictures": True},
    )
    assert len(card.json["shown"]["pages"]) == 2
    bad = as_dealer(dealing, "POST", f"{PATH}/preview", {"text": "See https://elsewhere.example"})
    assert bad.json["shown"] is None
    assert "no links" in bad.json["findings"][0]
    general = as_dealer(
        dealing, "POST", "/dealers/D001/blocks/all/preview", {"text": "Welcome.", "channel": "email"}
    )
    assert "Welcome." in general.json["shown"]["text"]
    assert dealing.outside.blocks.every() == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_words_come_back_as_text_or_as_findings(dealing: Api, text: str) -> None:
    answer = as_dealer(dealing, "PUT", PATH, BODY | {"text": text, "channel": "email"})
    assert answer.status in (200, 400, 422)
    assert answer.type in ("application/json", "application/problem+json")
    if answer.status == 200:
        assert answer.json["waiting"]["text"] == text


def test_messages_are_previewed_for_samples_and_customers(dealing: Api) -> None:
    mail = dealing("GET", "/messages/service_due_cars/preview", role="marketer")
    assert "Your car is due" in mail.json["subject"]
    card = dealing(
        "GET",
        "/messages/service_due_cars/preview",
        role="marketer",
        query={"channel": "postcard", "pictures": "true"},
    )
    assert len(card.json["pages"]) == 2
    assert dealing("GET", "/messages/service_due_carz/preview", role="marketer").status == 400

    found = dealing(
        "GET", f"/customers/{'c' + 'a' * 26}/preview/service_due_cars", role="agent", divisions="cars"
    )
    assert "Berg" in found.json["text"] or "Anna" in found.json["text"]
    other = dealing(
        "GET", f"/customers/{'c' + 'a' * 26}/preview/season_start_marine", role="agent", divisions="cars"
    )
    assert other.status == 404
