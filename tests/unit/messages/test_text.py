"""Text messages: sent once, in few parts, reported in any order, and STOP ends them."""

import json
from itertools import permutations
from typing import Any

import pytest

from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import Message
from courtesy.errors import OutsideFailed, RefusedInput, RefusedRule
from courtesy.messages.feedback import Unmatched
from courtesy.messages.feedback_text import TEXT_TYPES, TextReply, read_text_event, read_text_reply
from courtesy.messages.ports import Ambiguous, MailOutcome, Refused
from courtesy.messages.record import Recording, record_feedback
from courtesy.messages.render import Renderer
from courtesy.messages.rules import CompiledMessage
from courtesy.messages.send_text import Texting, send_text
from courtesy.messages.texting import parts_of
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, Scalar
from courtesy.timeline.profile import encode_profile
from tests.fakes.clock import FakeClock
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.texter import FakeTexter
from tests.fakes.vendor import InMemoryShelf
from tests.unit.messages.people import HOSTILE, KEY, NOW, contact
from tests.unit.messages.test_send import put

TRIGGER = "service_due_cars"
MESSAGE = Message("cone", TRIGGER, "2026-Q1")
SAID = "Your {{ vehicle.model }} is due for service, {{ customer.given_name }}."


def texted(rulebook: Rulebook, text: str = SAID) -> Rulebook:
    """The shipped rulebook whose trigger also sends text messages, to anybody who was not asked."""
    rule = rulebook.triggers[TRIGGER].model_copy(update={"channels": ["email", "sms"]})
    made = CompiledMessage(trigger=TRIGGER, channel="sms", language="en", text=text)
    messages = rulebook.messages.model_copy(
        update={"messages": rulebook.messages.messages | {f"{TRIGGER}/sms/en": made}}
    )
    allowed = rulebook.decisions.model_copy(update={"permission_defaults": []})
    defaults = [d.model_copy(update={"rule": "opt_out"}) for d in rulebook.decisions.permission_defaults]
    allowed = rulebook.decisions.model_copy(update={"permission_defaults": defaults})
    triggers = rulebook.triggers | {TRIGGER: rule}
    return rulebook.model_copy(update={"triggers": triggers, "messages": messages, "decisions": allowed})


class World:
    """One customer with a due text message."""

    def __init__(
        self, rulebook: Rulebook, *answers: MailOutcome, ready: bool = True, **fields: Scalar
    ) -> None:
        self.store, self.texter = InMemoryCustomerStore(), FakeTexter(answers, ready=ready)
        book = texted(rulebook)
        put(self.store, contact(book, TRIGGER, "sms"), "cone", **({"phone": "+16175550100"} | fields))
        self.outside = Texting(self.store, self.texter, Renderer(book), policy_of(book), KEY, FakeClock(NOW))
        self.recording = Recording(
            self.store,
            InMemoryShelf(),
            KEY,
            FakeClock(NOW),
            lambda number: ["cone"] if number.endswith("0100") else [],
        )

    def send(self, claim_id: str = "t-1") -> tuple[str, str]:
        result = send_text(MESSAGE, claim_id, self.outside)
        return result.outcome, result.detail

    def told(self, document: dict[str, Any]) -> dict[str, int]:
        return record_feedback({"body": json.dumps(document)}, self.recording)

    @property
    def contact(self) -> Contact:
        held = self.store.read_contact("cone", TRIGGER, "2026-Q1")
        assert held is not None
        return held


def event(world: World, kind: str, second: int = 0) -> dict[str, Any]:
    return {
        "eventType": kind,
        "eventTimestamp": int(NOW.timestamp() * 1000) + 1000 * second,
        "destinationPhoneNumber": "+16175550100",
        "messageId": "m1",
        "messageStatus": kind.removeprefix("TEXT_"),
        "context": {"contact": world.contact.id, "customer": "cone"},
    }


def test_a_due_text_is_sent_once_with_its_sender_and_the_way_out(rulebook: Rulebook) -> None:
    world = World(rulebook)
    assert world.send() == ("sent", "")
    assert world.send("t-2") == ("not_claimed", "taken")
    (sent,) = world.texter.asked
    assert sent.to == "+16175550100"
    assert sent.text.startswith("Meridian Cars: Your ")
    assert sent.text.endswith("Anna. Reply STOP to end.")
    assert sent.marketing
    assert sent.tags == {"contact": world.contact.id, "customer": "cone", "trigger": TRIGGER}
    assert (world.contact.state, world.contact.provider_id) == (ContactState.SENT, "sms-1")


@pytest.mark.parametrize(
    ("answer", "outcome", "state"),
    [
        (Ambiguous("ReadTimeoutError"), "unknown", ContactState.UNKNOWN),
        (Refused("ThrottlingException", retryable=True), "later", ContactState.QUEUED),
        (Refused("DESTINATION_PHONE_NUMBER_OPTED_OUT", retryable=False), "refused", ContactState.REFUSED),
    ],
)
def test_only_what_was_certainly_not_taken_is_tried_again(
    rulebook: Rulebook, answer: MailOutcome, outcome: str, state: ContactState
) -> None:
    world = World(rulebook, answer)
    assert world.send()[0] == outcome
    assert world.contact.state is state
    world.send("t-2")
    assert len(world.texter.asked) == (2 if outcome == "later" else 1)


def test_without_time_nothing_is_claimed(rulebook: Rulebook) -> None:
    world = World(rulebook, ready=False)
    with pytest.raises(OutsideFailed):
        world.send()
    assert world.contact.state is ContactState.QUEUED


@pytest.mark.parametrize(("number", "why"), [("", "no_address"), ("617 555", "address_malformed")])
def test_a_number_that_is_none_is_refused(rulebook: Rulebook, number: str, why: str) -> None:
    world = World(rulebook, phone=number)
    outcome, detail = world.send()
    assert (outcome, detail) in (("refused", why), ("not_claimed", "cancelled"))
    assert world.texter.asked == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_stay_one_line_within_the_parts(rulebook: Rulebook, text: str) -> None:
    world = World(rulebook, given_name=text)
    outcome, _ = world.send()
    for sent in world.texter.asked:
        assert "\n" not in sent.text
        assert parts_of(sent.text) <= 3
    assert outcome in ("sent", "refused")


def test_a_text_of_too_many_parts_is_refused(rulebook: Rulebook) -> None:
    book = texted(rulebook, "x" * 500)
    renderer = Renderer(book)
    with pytest.raises(RefusedRule, match="4 parts"):
        renderer.text_message(
            TRIGGER,
            renderer.context(
                World(rulebook).store.read_profile("cone").profile, contact(book, TRIGGER, "sms"), now=NOW
            ),
        )


def test_parts_are_counted_as_carriers_count_them() -> None:
    assert [parts_of("x" * n) for n in (0, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    assert [parts_of("€" * n) for n in (80, 81)] == [1, 2]
    assert [parts_of("ж" * n) for n in (70, 71, 134, 135)] == [1, 2, 2, 3]
    assert [parts_of("🙂" * n) for n in (35, 36)] == [1, 2]


def test_every_order_of_a_text_s_events_with_duplicates_gives_the_same_end(rulebook: Rulebook) -> None:
    kinds = ("TEXT_QUEUED", "TEXT_SENT", "TEXT_SUCCESSFUL", "TEXT_DELIVERED")
    ends = set()
    for order in permutations(range(4)):
        world = World(rulebook)
        world.send()
        for number in (*order, *order):
            world.told(event(world, kinds[number], number))
        ends.add((world.contact.state, encode_profile(world.store.read_profile("cone").profile)))
    assert len(ends) == 1
    assert {state for state, _ in ends} <= {ContactState.DELIVERED, ContactState.SENT}


def test_only_a_number_that_is_none_closes_the_address(rulebook: Rulebook) -> None:
    for kind, (_, permanent) in TEXT_TYPES.items():
        world = World(rulebook)
        world.send()
        assert sum(world.told(event(world, kind)).values()) == 1
        assert bool(world.store.read_profile("cone").profile.closed.get("sms")) is permanent, kind


def test_events_that_are_not_ours_are_counted_or_refused(rulebook: Rulebook) -> None:
    world = World(rulebook)
    assert isinstance(read_text_event(event(world, "TEXT_SENT") | {"context": {}}, KEY), Unmatched)
    assert world.told(event(world, "TEXT_SENT") | {"context": {}}) == {"no_contact_tags": 1}
    for wrong in ({"eventType": "TEXT_NEW"}, {"eventTimestamp": "soon"}):
        with pytest.raises(RefusedInput):
            world.told(event(world, "TEXT_SENT") | wrong)


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("STOP", True),
        ("stop.", True),
        ("Stop please", True),
        ("un-subscribe", True),
        ("thanks", False),
        ("", False),
    ],
)
def test_the_first_word_tells_whether_somebody_wants_no_more(text: str, stops: bool) -> None:
    told = {"originationNumber": "+16175550100", "messageBody": text, "inboundMessageId": "i1"}
    assert read_text_reply(told, NOW) == TextReply("+16175550100", NOW, "i1", stops)


def test_stop_ends_marketing_by_text_for_everybody_with_the_number(rulebook: Rulebook) -> None:
    world = World(rulebook)
    reply = {"originationNumber": "+16175550100", "messageBody": "STOP", "inboundMessageId": "i1"}
    assert world.told(reply | {"messageBody": "thanks"}) == {"text_reply": 1}
    assert world.told(reply) == {"stopped_by_text": 1}
    assert world.send()[0] == "not_claimed"
    (standing,) = world.store.read_profile("cone").profile.permissions
    assert (standing.channel, standing.status) == ("sms", "withdrawn")
    assert world.told(reply | {"originationNumber": "+49301234567"}) == {"unknown_number": 1}
    with pytest.raises(RefusedInput):
        world.told(reply | {"originationNumber": ""})
