"""Offers at the API: seen, answered, redeemed, worked off; and contacts of unknown outcome settled by a person."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import record_unknown
from courtesy.rulebook.offer import Offer
from courtesy.timeline.events import SourceRecord, Transaction
from courtesy.timeline.refold import refold
from functions.serve_api import wiring
from tests.fakes import InMemoryCustomerStore, InMemoryRulebookStore
from tests.unit.decisions.people import rulebook, trigger
from tests.unit.functions.serve_api.conftest import KEY, NOW, Api

BEN = "c" + "b" * 26
CARS: dict[str, Any] = {"role": "agent", "divisions": "cars"}


@pytest.fixture
def shop(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API with Ben, who was made an offer by e-mail."""
    mug = Offer(id="mug", label={"en": "A mug"}, code="MUG", fulfilment="queue", stock=5, cost=900)
    book = rulebook(trigger("a", offer="mug"), trigger("b", offer="mug")).model_copy(
        update={"offers": {"mug": mug}}
    )
    rulebooks, store = InMemoryRulebookStore(), InMemoryCustomerStore()
    rulebooks.publish(book.model_dump(exclude={"version"}), "mia", NOW)
    person = SourceRecord(
        source="crm_persons", id="1", when=NOW, fields={"email": "ben@example.com", "country": "US"}
    )
    bought = Transaction(source="dealer_sales", id="1", when=NOW - timedelta(days=90), division="cars")
    store.append(BEN, [person, bought])
    refold(store, BEN)
    outside = replace(api.outside, rulebooks=rulebooks, store=store)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    reserve(store, BEN, None, [Candidate("a", "once", NOW + timedelta(days=9))], policy_of(book), NOW, KEY)
    return Api(outside)


def test_an_offer_is_seen_accepted_and_redeemed_and_then_worked_off(shop: Api) -> None:
    path = f"/customers/{BEN}/offers"
    (made,) = shop("GET", path, **CARS).json["offers"]
    assert (made["code"], made["state"], made["usable"], made["channels"]) == (
        "MUG",
        "offered",
        True,
        ["email"],
    )
    assert shop("POST", f"{path}/MUG/accept", body={"channel": "phone"}, **CARS).json["state"] == "accepted"
    redeemed = shop("POST", f"{path}/mug/redeem", body={"reference": "till 3/17"}, **CARS)
    assert (redeemed.status, redeemed.json["state"], redeemed.json["usable"]) == (200, "redeemed", False)
    (waiting,) = shop("GET", "/fulfilment", role="marketer").json["waiting"]
    assert (waiting["customer_id"], waiting["code"], waiting["cost"], waiting["failed"]) == (
        BEN,
        "MUG",
        900,
        False,
    )
    told = {"customer_id": BEN, "code": "MUG", "outcome": "failed", "reference": "none left"}
    assert shop("POST", "/fulfilment", role="marketer", body=told).json["state"] == "failed"
    assert shop("GET", "/fulfilment", **CARS).json["waiting"][0]["failed"] is True
    told["outcome"] = "fulfilled"
    assert shop("POST", "/fulfilment", body=told, **CARS).json["state"] == "fulfilled"
    assert shop("GET", "/fulfilment", role="marketer").json["waiting"] == []
    late = shop("POST", f"{path}/MUG/accept", body={}, **CARS)
    assert (late.status, "is fulfilled" in late.json["detail"]) == (400, True)


def test_a_decline_rests_it_and_cancels_what_waits(shop: Api) -> None:
    assert shop("POST", f"/customers/{BEN}/offers/MUG/decline", body={}, **CARS).json["state"] == "declined"
    held = shop.outside.store.read_contact(BEN, "a", "once")
    assert held is not None
    assert (held.state, held.reason) == ("cancelled", "offer_resting")


def test_other_divisions_have_no_business_with_it(shop: Api) -> None:
    marine: dict[str, Any] = {"role": "agent", "divisions": "marine"}
    for verb in ("accept", "decline", "redeem"):
        assert shop("POST", f"/customers/{BEN}/offers/MUG/{verb}", body={}, **marine).status == 404
    shop("POST", f"/customers/{BEN}/offers/MUG/redeem", body={}, **CARS)
    assert shop("GET", "/fulfilment", **marine).json["waiting"] == []
    told = {"customer_id": BEN, "code": "MUG", "outcome": "fulfilled"}
    assert shop("POST", "/fulfilment", body=told, **marine).status == 404
    assert shop("POST", f"/customers/{BEN}/offers/MUG/accept", body={}, role="marketer").status == 403


@pytest.mark.parametrize(("named", "status"), [("NONE-1", 400), ("MUG-AAAA-BBBB-CCCC", 404), ("a b", 422)])
def test_an_offer_that_nobody_made(shop: Api, named: str, status: int) -> None:
    assert shop("POST", f"/customers/{BEN}/offers/{named}/accept", body={}, role="engineer").status == status


def test_a_contact_of_unknown_outcome_is_listed_and_settled_once(shop: Api) -> None:
    outside = shop.outside
    book = outside.rulebooks.current()
    held = claim(outside.store, BEN, "a", "once", book, NOW, "x", hash_key=KEY)
    assert isinstance(held, Claimed), held
    record_unknown(outside.store, BEN, held.contact, "timed out", NOW)
    (one,) = shop("GET", "/contacts/unknown", role="engineer").json["contacts"]
    assert (one["contact"], one["customer_id"], one["marketing"]) == (held.contact.id, BEN, True)
    path, body = f"/contacts/{held.contact.id}/settle", {"customer_id": BEN, "went_out": False}
    assert shop("POST", path, role="marketer", body=body).status == 403
    assert shop("POST", path, role="engineer", body=body).json == {
        "contact": held.contact.id,
        "went_out": False,
    }
    assert shop("GET", "/contacts/unknown", role="engineer").json["contacts"] == []
    assert shop("POST", path, role="engineer", body=body).status == 404
