"""What is told of a person, and what they may put right."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Reserved
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import apply_feedback, record_sent
from courtesy.errors import CourtesyError, NotFound, RefusedInput, UnknownName
from courtesy.identity.corrected import entry_for, right
from courtesy.messages.rules import MessageRules
from courtesy.privacy.access import Accessing, access
from courtesy.privacy.correct import Correcting, correct
from courtesy.privacy.withdraw import record_privacy
from courtesy.timeline.events import Feedback, Look, Scalar, SourceRecord
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import KEY, NOW, person_record, rulebook, trigger

BOOK = rulebook(
    trigger(), trigger("print", channels=["letter"]), trigger("text", channels=["sms"]), trigger("talk", channels=["next_contact"])
).model_copy(update={"messages": MessageRules(printers={"letter": "harbor"})})  # fmt: skip
DAY = timedelta(days=1)


@pytest.fixture
def store() -> InMemoryCustomerStore:
    held = InMemoryCustomerStore()
    held.append("c1", [person_record()])
    refold(held, "c1")
    return held


def put_right(
    store: InMemoryCustomerStore, id_: str, fields: Mapping[str, Scalar], now: datetime = NOW
) -> Profile:
    return correct(id_, fields, Correcting(store, InMemoryIdentityIndex(), KEY, "US", now))


def send(store: InMemoryCustomerStore, name: str) -> None:
    (decision,) = reserve(
        store, "c1", None, [Candidate(name, "once", NOW + 30 * DAY)], policy_of(BOOK), NOW, KEY
    )
    assert isinstance(decision, Reserved)
    held = claim(store, "c1", name, "once", BOOK, NOW, "m1")
    assert isinstance(held, Claimed)
    record_sent(store, "c1", held.contact, "m1", NOW, mailing="m1")


def told(store: InMemoryCustomerStore) -> dict[str, list[str]]:
    lake = InMemoryLake()
    document = access(
        "c1", Accessing(store, InMemoryIdentityIndex(), lake, BOOK, [{"trigger": "offer"}], NOW)
    )
    assert document["decisions"] == [{"trigger": "offer"}]
    return {found["recipient"]: found["references"] for found in document["recipients"]}


def test_recipients_are_who_was_given_something(store: InMemoryCustomerStore) -> None:
    assert told(store) == {}
    send(store, "offer")
    send(store, "print")
    store.append("c1", [Look(source="courtesy", id="a/customer", when=NOW, by="a", what="customer")])
    mail, letter = contact_id("c1", "offer", "once"), contact_id("c1", "print", "once")
    report = Feedback(source="ses", id="1", when=NOW, contact=mail, channel="email", type="delivery")
    apply_feedback(store, "c1", report, NOW)
    ours = Feedback(source="courtesy", id="2", when=NOW, contact=letter, channel="letter", type="send")
    apply_feedback(store, "c1", ours, NOW)
    assert told(store) == {
        "e-mail provider": [mail], "harbor": [letter], "ses": [mail], "staff": [f"{NOW.isoformat()} a customer"],
    }  # fmt: skip


def test_a_text_goes_to_its_provider_and_what_is_said_in_a_talk_to_nobody() -> None:
    store = InMemoryCustomerStore()
    store.append("c1", [person_record(phone="+15185550101")])
    refold(store, "c1")
    send(store, "text")
    send(store, "talk")
    assert told(store) == {"provider of text messages": [contact_id("c1", "text", "once")]}


def test_what_a_correction_filed_is_told(store: InMemoryCustomerStore) -> None:
    index = InMemoryIdentityIndex()
    asked = Correcting(store, index, KEY, "US", NOW)
    correct("c1", {"email": "right@example.org"}, asked)
    document = access("c1", Accessing(store, index, InMemoryLake(), BOOK, [], NOW))
    (one,) = document["look_ups"]
    subject = store.read_profile("c1").profile.subjects[-1]
    assert one == {"record": subject, "looked_up_by": [right(entry_for(KEY, "email", "right@example.org", "US"))]}  # fmt: skip


def test_nobody_has_nothing(store: InMemoryCustomerStore) -> None:
    with pytest.raises(NotFound):
        access("c2", Accessing(store, InMemoryIdentityIndex(), InMemoryLake(), BOOK, [], NOW))
    with pytest.raises(NotFound):
        put_right(store, "c2", {"city": "Troy"}, NOW)


def test_each_field_is_corrected_by_itself_and_twice_is_once(store: InMemoryCustomerStore) -> None:
    put_right(store, "c1", {"city": "Troy", "email": "ANN@example.ORG"}, NOW)
    put_right(store, "c1", {"city": "Utica"}, NOW + DAY)
    events = store.read_timeline("c1")
    profile = put_right(store, "c1", {"city": "Utica"}, NOW + DAY)
    assert store.read_timeline("c1") == events
    store.append(
        "c1", [SourceRecord(source="crm", id="1", when=NOW + 9 * DAY, fields={"city": "Old"}, trust=1000)]
    )
    profile = refold(store, "c1")
    assert (profile.text("city"), profile.text("email")) == ("Utica", "ann@example.org")
    assert profile.values["city"].source == "courtesy"


@pytest.mark.parametrize(
    ("fields", "error", "words"),
    [
        ({}, RefusedInput, "at least one field"),
        ({"citty": "x"}, UnknownName, "city"),
        ({"deceased": "yes"}, RefusedInput, "deceased: give true or false"),
        ({"city": True}, RefusedInput, "city: give a text"),
    ],
)
def test_what_cannot_be_a_correction_is_refused(
    store: InMemoryCustomerStore, fields: Mapping[str, Scalar], error: type[CourtesyError], words: str
) -> None:
    with pytest.raises(error, match=words):
        put_right(store, "c1", fields, NOW)


def test_an_erased_customer_is_not_filled_again(store: InMemoryCustomerStore) -> None:
    record_privacy(store, "c1", "erasure", "on", BOOK, NOW)
    with pytest.raises(RefusedInput, match="erased"):
        put_right(store, "c1", {"city": "Troy"}, NOW)


@pytest.mark.parametrize("status", ["on", "off"])
def test_a_standing_said_twice_is_said_once(
    store: InMemoryCustomerStore, status: Literal["on", "off"]
) -> None:
    first = record_privacy(store, "c1", "restriction", status, policy_of(BOOK), NOW)
    events = store.read_timeline("c1")
    assert record_privacy(store, "c1", "restriction", status, policy_of(BOOK), NOW) == first
    assert store.read_timeline("c1") == events
    assert first.privacy == (["restriction"] if status == "on" else [])
