"""The claim's rarer ends, and writing beside others: what stops a contact, what it waits for, who is outrun."""

import pytest
from msgspec.structs import replace

from courtesy.decisions.claim import Claimed, NotClaimed, claim, forbidden
from courtesy.decisions.effects import Step, giving_back, untouched, with_contacts, write_folded
from courtesy.decisions.policy import policy_of
from courtesy.decisions.settle import cancel, expire, record_sent
from courtesy.errors import Conflict
from courtesy.outcomes import ContactState, Reason
from courtesy.timeline.events import Contact, Feedback, Interaction
from courtesy.timeline.fold import past_contact
from tests.unit.decisions.lives import DAY, HOUR, Contended, one, reserved, state
from tests.unit.decisions.people import KEY, NOW, customer, rulebook, trigger


def test_whoever_is_always_outrun_gives_the_message_back() -> None:
    store, book = Contended(), rulebook()
    one(store)
    [contact] = reserved(store, book)
    held = claim(store, "c1", "offer", "once", book, NOW, "x")
    assert isinstance(held, Claimed)
    store.losing = True
    with pytest.raises(Conflict):
        record_sent(store, "c1", held.contact, "m", NOW)
    store.losing = False
    assert record_sent(store, "c1", held.contact, "m", NOW) == "recorded"
    assert (contact.id, state(store)) == (held.contact.id, ContactState.SENT)


def test_a_claim_a_cancellation_and_a_report_that_are_outrun_change_nothing() -> None:
    store, book = Contended(), rulebook()
    one(store)
    reserved(store, book)
    store.losing = True
    said = Interaction(source="desk", id="1", when=NOW, division="cars", channel="phone")
    for outrun in (
        lambda: claim(store, "c1", "offer", "once", book, NOW, "x", attempts=3),
        lambda: cancel(store, "c1", "offer", "once", "no", NOW),
        lambda: expire(store, "c1", "offer", "once", NOW),
        lambda: write_folded(store, "c1", lambda *_: Step(new=[said]), attempts=2),
    ):
        with pytest.raises(Conflict, match="times in a row"):
            outrun()
    assert state(store) is ContactState.RESERVED


def test_what_has_ended_is_neither_cancelled_nor_expired() -> None:
    store, book = one(), rulebook()
    reserved(store, book)
    assert cancel(store, "c1", "offer", "once", "no", NOW)
    assert not cancel(store, "c1", "offer", "once", "no", NOW)
    assert not expire(store, "c1", "offer", "never", NOW)


def test_a_contact_whose_trigger_is_gone_is_cancelled() -> None:
    store = one()
    [contact] = reserved(store, rulebook())
    without = rulebook(trigger("other"))
    finding = forbidden(contact, customer(), policy_of(without), NOW)
    assert finding is not None
    assert finding.rule == "trigger.gone"
    ended = claim(store, "c1", "offer", "once", without, NOW, "x", hash_key=KEY)
    assert isinstance(ended, NotClaimed)
    assert (ended.reason, state(store)) == ("cancelled", ContactState.CANCELLED)


def test_the_address_at_reservation_is_judged_where_none_can_be_looked_up() -> None:
    store = one()
    [contact] = reserved(store, rulebook())
    closed = customer(closed={"email": [contact.address]})
    finding = forbidden(contact, closed, policy_of(rulebook()), NOW)
    assert finding is not None
    assert finding.reason is Reason.ADDRESS_CLOSED
    assert forbidden(contact, customer(closed={"email": ["another"]}), policy_of(rulebook()), NOW) is None


def test_what_no_longer_fits_before_it_expires_has_expired() -> None:
    store = one()
    reserved(store, rulebook())
    silent = rulebook(blackouts=[{"id": "year", "first": "2026-03-01", "last": "2027-03-01"}])
    ended = claim(store, "c1", "offer", "once", silent, NOW + 29 * DAY, "x", hash_key=KEY)
    assert isinstance(ended, NotClaimed)
    assert (ended.reason, ended.why, state(store)) == ("expired", Reason.BLACKOUT, ContactState.EXPIRED)


def test_a_newest_contact_that_moves_back_needs_the_whole_timeline() -> None:
    store = one()
    [contact] = reserved(store, rulebook())
    profile = customer(contacts=[past_contact(contact)])
    assert untouched(profile, contact, ContactState.RESERVED)
    assert not untouched(profile, contact, ContactState.SENDING)
    earlier: Contact = replace(contact, planned=contact.planned - HOUR)
    assert with_contacts(profile, [earlier]) is None
    later = with_contacts(profile, [replace(contact, planned=contact.planned + HOUR)])
    assert later is not None
    assert later.contacts[0].at == contact.planned + HOUR


def test_a_report_that_frees_a_contact_gives_its_units_back() -> None:
    store = one()
    [plain] = reserved(store, rulebook())
    holding = replace(plain, state=ContactState.SENT, holds=("budget/a", "budget/b"))
    freed = Feedback(
        source="ses", id="1", when=NOW, contact=plain.id, channel="email", type="bounce", permanent=True
    )
    profile = customer(contacts=[past_contact(holding, [freed])])
    step = giving_back(Step(new=[freed]), profile, [holding])
    assert [give.counter for give in step.beside if not hasattr(give, "document")] == ["budget/a", "budget/b"]
    assert [contact.holds for contact, _, _ in step.moved] == [()]
    assert giving_back(Step(), profile) == Step()
