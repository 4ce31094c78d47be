"""How a contact ends: by the set of what was reported on it, never by the order."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from courtesy.outcomes import ContactState
from courtesy.timeline.contacts import found, settle
from courtesy.timeline.events import Contact, Feedback, FeedbackType
from tests.unit.timeline.histories import DAY, FEEDBACK

S = ContactState


def contact(state: ContactState = S.SENT) -> Contact:
    return Contact(
        source="courtesy", id="k", when=DAY, trigger="welcome", occurrence="o", division="cars", category="news",
        purpose="marketing", channel="email", planned=DAY, due=DAY, expires=DAY, state=state,
    )  # fmt: skip


def report(type_: FeedbackType, permanent: bool = False, minute: int = 0) -> Feedback:
    return Feedback(
        source="ses", id="m", when=DAY + timedelta(minutes=minute), contact="k", channel="email", type=type_,
        permanent=permanent,
    )  # fmt: skip


reports = st.builds(report, st.sampled_from(FEEDBACK), st.booleans(), st.integers(0, 9))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(S)), st.lists(reports, max_size=4), st.data())
def test_every_order_with_any_repetition_ends_the_same(
    state: ContactState, told: list[Feedback], data: st.DataObject
) -> None:
    again = data.draw(st.lists(st.sampled_from(told), max_size=2)) if told else []
    ends = {settle(contact(state), order) for order in permutations(told)}
    ends.add(settle(contact(state), [*told, *again]))
    assert len(ends) == 1


@pytest.mark.parametrize(
    ("state", "told", "end", "counts"),
    [
        (S.SENT, [], S.SENT, True),
        (S.SENT, [report("delivery")], S.DELIVERED, True),
        (S.SENT, [report("bounce", permanent=True)], S.BOUNCED, False),
        (S.SENT, [report("bounce")], S.SENT, True),
        (S.SENT, [report("bounce"), report("delivery")], S.DELIVERED, True),
        (S.SENT, [report("delivery"), report("bounce", permanent=True)], S.BOUNCED, True),
        (S.SENT, [report("complaint"), report("bounce", permanent=True)], S.COMPLAINED, True),
        (S.SENT, [report("reject")], S.REFUSED, False),
        (S.SENT, [report("rejected"), report("mailed")], S.REFUSED, True),
        (S.SENT, [report("mailed"), report("returned")], S.RETURNED, True),
        (S.SENT, [report("acknowledged")], S.SENT, True),
        (S.UNKNOWN, [], S.UNKNOWN, True),
        (S.UNKNOWN, [report("send")], S.SENT, True),
        (S.UNKNOWN, [report("delivery_delay")], S.SENT, True),
        (S.UNKNOWN, [report("bounce")], S.SENT, True),
        (S.UNKNOWN, [report("open")], S.SENT, True),
        (S.UNKNOWN, [report("reject")], S.REFUSED, False),
        (S.SENDING, [report("send")], S.SENT, True),
        (S.RESERVED, [], S.RESERVED, True),
        (S.QUEUED, [], S.QUEUED, True),
        (S.CANCELLED, [], S.CANCELLED, False),
        (S.CANCELLED, [report("acknowledged"), report("rejected")], S.CANCELLED, False),
        (S.CANCELLED, [report("send")], S.SENT, True),
        (S.CANCELLED, [report("returned")], S.RETURNED, True),
        (S.EXPIRED, [report("bounce", permanent=True)], S.BOUNCED, False),
        (S.REFUSED, [], S.REFUSED, False),
        (S.REFUSED, [report("delivery")], S.DELIVERED, True),
    ],
)
def test_worked_ends(state: ContactState, told: list[Feedback], end: ContactState, counts: bool) -> None:
    assert settle(contact(state), told) == (end, counts)


@given(st.sampled_from(list(S)), st.lists(reports, max_size=5))
def test_what_arrived_keeps_its_slot(state: ContactState, told: list[Feedback]) -> None:
    assert settle(contact(state), [*told, report("delivery")])[1]
    assert settle(contact(state), [*told, report("complaint")]) == (S.COMPLAINED, True)


@pytest.mark.parametrize(
    ("state", "claim", "recall", "there"),
    [
        (S.RESERVED, "", "", True),
        (S.QUEUED, "", "", True),
        (S.SENDING, "me", "", True),
        (S.UNKNOWN, "me", "", True),
        (S.UNKNOWN, "", "", False),
        (S.SENT, "me", "", False),
        (S.SENT, "me", "wanted", True),
        (S.SENT, "me", "asked", True),
        (S.CANCELLED, "me", "wanted", False),
        (S.EXPIRED, "", "", False),
    ],
)
def test_the_due_index_finds_what_is_not_settled(
    state: ContactState, claim: str, recall: str, there: bool
) -> None:
    assert found(replace(contact(state), claim=claim, recall=recall)) is there


def test_an_instant_without_a_zone_is_no_instant() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        replace(contact(), when=datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
