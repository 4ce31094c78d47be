"""Occurrences, dates, events and follow-ups: what is proposed, and as which occurrence."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from courtesy.decisions.candidates import event_name, from_date, from_event, from_follow_up, occurrence_of
from courtesy.decisions.decide import decide
from courtesy.decisions.decision import Candidate
from courtesy.decisions.explain import sentence
from courtesy.decisions.policy import policy_of
from courtesy.decisions.rules import Blackout, Cap, QuietHours
from courtesy.errors import RefusedRule, UnknownName
from courtesy.timeline.events import Case, Event, Interaction, Permission, Transaction
from courtesy.timeline.profile import CaseView, Ledger, Occasion, Reply
from tests.unit.decisions.people import KEY, NOW, customer, past, rulebook, trigger

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("period", "day", "key"),
    [
        ("once", date(2026, 3, 4), "once"),
        ("day", date(2026, 3, 4), "2026-03-04"),
        ("week", date(2027, 1, 3), "2026-W53"),
        ("week", date(2027, 1, 4), "2027-W01"),
        ("month", date(2026, 12, 31), "2026-12"),
        ("quarter", date(2026, 3, 31), "2026-Q1"),
        ("quarter", date(2026, 4, 1), "2026-Q2"),
        ("quarter", date(2026, 12, 31), "2026-Q4"),
        ("year", date(2026, 12, 31), "2026"),
    ],
)
def test_an_occurrence_is_named_by_its_period(period: str, day: date, key: str) -> None:
    assert occurrence_of(trigger(occurrence=period), day) == key


@pytest.mark.parametrize(("as_of", "proposed"), [(1, False), (2, True), (8, True), (9, False)])
def test_a_date_is_proposed_from_its_day_until_it_is_no_longer_useful(as_of: int, proposed: bool) -> None:
    due = trigger(kind="date", date_attribute="lease_end", offset_days=-90, useful_for_days=7)
    candidate = from_date(due, date(2026, 3, 2) + 90 * DAY, date(2026, 3, as_of))
    expected = Candidate("offer", "2026-03-02", datetime(2026, 3, 9, tzinfo=UTC))
    assert candidate == (expected if proposed else None)


@pytest.mark.parametrize(
    ("event", "name"),
    [
        (Case(source="s", id="1", when=NOW, division="cars", status="closed"), "case.closed"),
        (Transaction(source="s", id="1", when=NOW, division="cars", type="service"), "transaction.service"),
        (Interaction(source="s", id="1", when=NOW, division="cars", channel="phone"), "interaction"),
        (
            Permission(
                source="s", id="1", when=NOW, purpose="*", channel="*", division="*", status="granted"
            ),
            "permission.granted",
        ),
    ],
)
def test_an_event_is_named_by_kind_and_type_or_status(event: Event, name: str) -> None:
    assert event_name(event) == name


@pytest.mark.parametrize(
    ("fields", "listens_to", "proposed"),
    [
        ({}, "case.closed", True),
        ({}, "case", True),
        ({}, "case.open", False),
        ({"division": "marine"}, "case", False),
        ({"gone": True}, "case", False),
        ({"when": NOW - 14 * DAY}, "case", False),
        ({"when": NOW - 13 * DAY}, "case", True),
    ],
)
def test_a_trigger_hears_what_it_listens_to_while_it_is_news(
    fields: dict[str, Any], listens_to: str, proposed: bool
) -> None:
    event = Case(**{"source": "s", "id": "1", "when": NOW, "division": "cars", "status": "closed", **fields})
    listening = trigger(kind="event", listens_to=listens_to)
    assert (from_event(listening, event, NOW) is not None) == proposed
    assert from_event(listening.model_copy(update={"active": False}), event, NOW) is None
    assert from_event(trigger(), event, NOW) is None


@pytest.mark.parametrize(
    ("known", "follows"),
    [
        ({}, True),
        ({"cases": [CaseView("cc", "1", "cars", "complaint", "open", "", 1, NOW)]}, False),
        ({"cases": [CaseView("cc", "1", "cars", "complaint", "closed", "", 1, NOW)]}, True),
        ({"replies": [Reply(NOW - 9 * DAY, "clicked", division="cars")]}, False),
        ({"replies": [Reply(NOW - 11 * DAY, "clicked", division="cars")]}, True),
        ({"replies": [Reply(NOW - 9 * DAY, "clicked", division="marine")]}, True),
        ({"replies": [Reply(NOW - 9 * DAY, "clicked", contact="k1", division="marine")]}, False),
        ({"ledgers": {"cars": Ledger(occasions=[Occasion(20510, 5, 1, "USD")])}}, False),  # 2026-02-26
        ({"ledgers": {"cars": Ledger(occasions=[Occasion(20500, 5, 1, "USD")])}}, True),
        ({"ledgers": {"cars": Ledger(occasions=[Occasion(20510, -5, 0, "USD")])}}, True),
    ],
)
def test_a_follow_up_is_given_up_for_an_answer_a_purchase_or_a_case(
    known: dict[str, Any], follows: bool
) -> None:
    follow = trigger(
        kind="follow_up",
        follows="other",
        after_days=7,
        unless=["open_case", "responded", "purchased"],
    )
    profile = customer(contacts=[past(NOW - 10 * DAY, contact="k1")], **known)
    assert bool(from_follow_up(follow, profile, NOW)) == follows


def test_one_sentence_tells_channel_figures_date_and_rule() -> None:
    caps = [{"id": "weekly", "at_most": 2, "rolling_days": 7}]
    profile = customer({"email": None}, contacts=[past(NOW - DAY)])
    book = rulebook(trigger(channels=["email", "letter"]), caps=caps)
    candidate = Candidate("offer", "once", NOW + 9 * DAY)
    (reserved,) = decide(profile, [candidate], book, NOW, KEY)
    text = sentence(reserved)
    assert text.startswith(
        "offer (once) was reserved by letter for 2026-03-08 15:00 UTC; email was passed over"
    )
    assert "cap weekly had 1 of 2" in text
    tight = rulebook(trigger(), caps=[{"id": "weekly", "at_most": 1, "rolling_days": 7}])
    (held,) = decide(customer(contacts=[past(NOW - DAY)]), [candidate], tight, NOW, KEY)
    assert "(rule weekly, email, 1 of 1); not before 2026-03-10 15:00 UTC" in sentence(held)
    doubt = decide(customer(), [candidate], rulebook(), NOW, KEY, in_doubt="an old snapshot")[0]
    assert sentence(doubt).endswith(": an old snapshot; rulebook 7.")


def test_a_law_that_does_not_hold_together_is_refused() -> None:
    with pytest.raises(RefusedRule, match="Europe/Berlin"):
        policy_of(rulebook(default_zone="Mars/Olympus"))
    with pytest.raises(UnknownName, match="category of trigger 'offer'"):
        policy_of(rulebook(trigger(category="marketting")))
    with pytest.raises(UnknownName, match="purpose of trigger 'offer'"):
        policy_of(rulebook(trigger(purpose="sales")))
    with pytest.raises(UnknownName, match="offer"):
        policy_of(rulebook()).plan("ofer")
    with pytest.raises(ValueError, match="exactly one"):
        Cap(id="x", at_most=1)
    with pytest.raises(ValueError, match="never end"):
        QuietHours.model_validate({"start": "08:00", "until": "08:00"})
    with pytest.raises(ValueError, match="before it starts"):
        Blackout(id="x", first=date(2026, 2, 1), last=date(2026, 1, 1))
    with pytest.raises(ValueError, match="approver"):
        rulebook(categories={"marketing": {"exempt": True}})
