"""Mail that comes back: replies and unsubscriptions by mail, and programs that answer."""

import json
from typing import Any

import pytest

from courtesy.errors import RefusedInput
from courtesy.messages.inbound import Inbound, read_inbound, reply_address, unsubscribe_address
from courtesy.messages.record import Recording, record_feedback
from courtesy.messages.render import Renderer
from courtesy.messages.send import compose
from courtesy.timeline.contacts import trace_of
from courtesy.timeline.events import Response
from courtesy.timeline.fold import fold
from courtesy.timeline.profile import Profile
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.vendor import InMemoryShelf
from tests.unit.messages.people import HOSTILE, KEY, contact, person
from tests.unit.messages.test_send import World, put

CUSTOMER = "c" + "a" * 26
DOMAIN = "reply.example.com"


def received(
    to: str, subject: str = "Re: Your car is due", source: str = "anna@example.com", **headers: str
) -> dict[str, Any]:
    named = [{"name": "Subject", "value": subject}]
    named += [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {
        "notificationType": "Received",
        "receipt": {"recipients": [to], "virusVerdict": {"status": "PASS"}},
        "mail": {"timestamp": "2026-03-04T10:00:00.000Z", "source": source, "messageId": "in1", "destination": [to], "headers": named},
    }  # fmt: skip


def kinds(document: dict[str, Any]) -> list[str]:
    return [inbound.kind for inbound in read_inbound(document)]


TO_REPLY = reply_address(DOMAIN, CUSTOMER, "k" + "b" * 20)
TO_LEAVE = unsubscribe_address(DOMAIN, CUSTOMER, "k" + "b" * 20)


def test_addresses_lead_back_to_the_contact_whatever_their_case() -> None:
    (found,) = read_inbound(received(f"Meridian <{TO_REPLY.upper()}>"))
    assert found == Inbound("reply", CUSTOMER, "k" + "b" * 20, found.when, "in1")
    assert len(TO_REPLY.partition("@")[0]) <= 64
    assert (reply_address("", "c", "k"), unsubscribe_address("", "c", "k")) == ("", "")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (received(TO_REPLY), ["reply"]),
        (received(TO_REPLY, "Unsubscribe"), ["unsubscribe"]),
        (received(TO_REPLY, "AW: RE: stop!"), ["unsubscribe"]),
        (received(TO_REPLY, "Please stop the rattling"), ["reply"]),
        (received(TO_LEAVE, ""), ["unsubscribe"]),
        (received(TO_LEAVE, Auto_Submitted="auto-generated"), ["unsubscribe"]),
        (received(TO_REPLY, "Out of office", Auto_Submitted="auto-replied"), ["machine"]),
        (received(TO_REPLY, Auto_Submitted="no"), ["reply"]),
        (received(TO_REPLY, Precedence="bulk"), ["machine"]),
        (received(TO_REPLY, X_Autoreply="yes"), ["machine"]),
        (received(TO_REPLY, "stop", X_Autoreply="yes"), ["machine"]),
        (received(TO_REPLY, source="<>"), ["machine"]),
        (received(TO_REPLY, source="MAILER-DAEMON@example.com"), ["machine"]),
        (received(f"info@{DOMAIN}"), []),
        (received(f"r.nobody.k1@{DOMAIN}"), []),
    ],
)
def test_what_a_mail_means(document: dict[str, Any], expected: list[str]) -> None:
    assert kinds(document) == expected


def test_a_virus_means_nothing_and_a_mail_without_time_is_refused() -> None:
    infected = received(TO_LEAVE)
    infected["receipt"]["virusVerdict"] = {"status": "FAIL"}
    assert read_inbound(infected) == []
    timeless = received(TO_REPLY)
    timeless["mail"]["timestamp"] = None
    with pytest.raises(RefusedInput, match="readable timestamp"):
        read_inbound(timeless)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_subjects_and_senders_are_read_as_text(text: str) -> None:
    assert kinds(received(TO_REPLY, text, source=text, Auto_Submitted=text)) in (["reply"], ["machine"])
    assert read_inbound(received(text)) == []


def test_replies_and_unsubscriptions_stand_on_the_timeline_and_again_change_nothing(
    renderer: Renderer,
) -> None:
    world = World(renderer)
    held = contact(renderer.rulebook, customer_id=CUSTOMER)
    put(world.store, held, CUSTOMER)
    recording = Recording(world.store, InMemoryShelf(), KEY, world.clock)

    def record(document: dict[str, Any]) -> dict[str, int]:
        return record_feedback({"body": json.dumps(document)}, recording)

    own = reply_address(DOMAIN, CUSTOMER, held.id)
    assert record(received(own)) == record(received(own)) == {"reply": 1}
    replies = [event for event in world.store.read_timeline(CUSTOMER) if isinstance(event, Response)]
    assert [(r.type, r.contact, r.division) for r in replies] == [("replied", held.id, "cars")]
    assert record(received(own, Precedence="junk")) == {"mail_of_a_program": 1}
    assert record(received(TO_REPLY)) == {"unknown_contact": 1}
    assert record(received(f"info@{DOMAIN}")) == {"no_address_of_ours": 1}

    assert record(received(unsubscribe_address(DOMAIN, CUSTOMER, held.id))) == {"unsubscribed_by_mail": 1}
    assert record(received(TO_LEAVE)) == {"unsubscribed_by_mail": 1}
    standing = world.store.read_profile(CUSTOMER).profile.permissions
    assert {(s.channel, s.division, s.status) for s in standing} == {
        ("email", "cars", "withdrawn"),
        ("email", "*", "withdrawn"),
    }


def test_a_mail_carries_its_own_addresses_where_mail_is_received(renderer: Renderer) -> None:
    world = World(renderer)
    outside = type(world.outside)(**{**vars(world.outside), "inbound_domain": DOMAIN})
    mail = compose(contact(renderer.rulebook, customer_id=CUSTOMER), person(CUSTOMER), outside)
    assert not isinstance(mail, str)
    assert mail.reply_to.startswith(f"r.{CUSTOMER}.k")
    assert mail.unsubscribe_to.startswith(f"u.{CUSTOMER}.k")
    assert kinds(received(mail.unsubscribe_to)) == ["unsubscribe"]


def test_a_mail_finds_the_contact_where_a_merge_or_a_split_brought_it(renderer: Renderer) -> None:
    """Merged: the one redirects to the other. Split: a trace tells who has the contact now, and only they are spared."""
    now, first, second, third = (
        World(renderer).clock(),
        "cfirst" + "a" * 20,
        "csecond" + "b" * 20,
        "cthird" + "c" * 20,
    )
    held = contact(renderer.rulebook, customer_id=first)
    store = InMemoryCustomerStore()
    put(store, held, third)  # whoever has it in the end
    redirects = Profile(customer_id=first, merged_into=second)
    assert store.put_profile(redirects, 0) == "committed"
    assert store.commit(fold(second, []), 0, new=[trace_of(held, third)]) == "committed"
    recording = Recording(store, InMemoryShelf(), KEY, lambda: now)

    def record(document: dict[str, Any]) -> dict[str, int]:
        return record_feedback({"body": json.dumps(document)}, recording)

    assert record(received(reply_address(DOMAIN, first, held.id))) == {"reply": 1}
    assert record(received(unsubscribe_address(DOMAIN, first, held.id))) == {"unsubscribed_by_mail": 1}
    assert [e.contact for e in store.read_timeline(third) if isinstance(e, Response)] == [held.id]
    standing = store.read_profile(third).profile.permissions
    assert [(s.channel, s.division, s.status) for s in standing] == [("email", "cars", "withdrawn")]
    assert store.read_profile(second).profile.permissions == []
