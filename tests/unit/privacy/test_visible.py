"""Agents and dealers see their divisions only."""

import pytest

from courtesy.privacy.visible import is_visible, visible_events, visible_profile
from courtesy.timeline.events import Event, Interaction, Transaction
from courtesy.timeline.profile import (
    AssetView,
    CaseView,
    Inbound,
    Ledger,
    Occasion,
    Place,
    Profile,
    Reply,
    Standing,
)
from tests.unit.decisions.people import NOW, customer, past, person_record

BOTH = ("cars", "marine")


def whole() -> Profile:
    """A customer known in two divisions alike."""
    return customer(
        ledgers={d: Ledger(occasions=[Occasion(1, 100, 1, "USD")]) for d in BOTH},
        places={d: Place(d, "returning", "", "", NOW) for d in (*BOTH, "corporate")},
        assets=[AssetView("s", d, d, "vehicle", "", "held") for d in BOTH],
        contacts=[past(NOW, division=d) for d in BOTH],
        inbound=[Inbound(NOW, "phone", d, 1.0) for d in BOTH],
        replies=[Reply(NOW, "clicked", division=d) for d in BOTH],
        cases=[CaseView("cc", d, d, "complaint", "open", "", 1, NOW) for d in BOTH],
        permissions=[
            Standing("marketing", "email", d, "granted", NOW, "pc") for d in ("*", "corporate", *BOTH)
        ],
    )


def test_a_profile_shows_one_division_and_what_is_said_for_all() -> None:
    seen = visible_profile(whole(), ["cars"])
    assert list(seen.ledgers) == list(seen.places) == ["cars"]
    for shown in (seen.assets, seen.contacts, seen.inbound, seen.replies, seen.cases):
        assert [item.division for item in shown] == ["cars"]
    assert [word.division for word in seen.permissions] == ["*", "corporate", "cars"]
    assert seen.values == whole().values


def test_nothing_of_any_division_is_shown_to_who_has_none() -> None:
    seen = visible_profile(whole(), [])
    assert [seen.ledgers, seen.places, seen.assets, seen.contacts, seen.cases] == [{}, {}, [], [], []]


def test_events_of_other_divisions_are_left_out() -> None:
    mine: list[Event] = [
        person_record(),
        Transaction(source="s", id="1", when=NOW, division="cars"),
        Interaction(source="s", id="2", when=NOW, division="", channel="phone"),
    ]
    others: list[Event] = [
        Transaction(source="s", id="3", when=NOW, division="marine"),
        Interaction(source="s", id="4", when=NOW, division="corporate", channel="phone"),
    ]
    assert visible_events([*others, *mine], ["cars"]) == mine


@pytest.mark.parametrize(
    "known",
    [
        {"ledgers": {"cars": Ledger(occasions=[])}},
        {"assets": [AssetView("s", "1", "cars", "vehicle", "", "held")]},
        {"cases": [CaseView("cc", "1", "cars", "complaint", "open", "", 1, NOW)]},
        {"inbound": [Inbound(NOW, "phone", "cars", 1.0)]},
    ],
)
def test_a_customer_is_visible_where_there_is_business(known: dict[str, object]) -> None:
    profile = Profile(customer_id="c1", **known)  # type: ignore[arg-type]
    assert is_visible(profile, ["cars", "finance"])
    assert not is_visible(profile, ["marine"])


def test_a_stranger_is_visible_to_no_division() -> None:
    assert not is_visible(customer(), BOTH)
