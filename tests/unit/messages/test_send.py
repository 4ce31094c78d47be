"""One e-mail: sent once, whatever the mailer answers and however often the message comes."""

from datetime import timedelta

import pytest

from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import Message
from courtesy.errors import OutsideFailed
from courtesy.messages.ports import Accepted, Ambiguous, MailOutcome, Refused
from courtesy.messages.render import Renderer
from courtesy.messages.send import RETRY_AFTER, Sending, send_email
from courtesy.messages.unsubscribe import read_token
from courtesy.outcomes import ContactState
from courtesy.privacy.withdraw import withdraw
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, Scalar, SourceRecord
from courtesy.timeline.fold import fold
from tests.fakes.clock import FakeClock
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.mailer import FakeMailer
from tests.unit.messages.people import FIELDS, HOSTILE, KEY, NOW, contact

MESSAGE = Message("cone", "service_due_cars", "2026-Q1")


def put(store: InMemoryCustomerStore, held: Contact, customer_id: str = "cone", **fields: Scalar) -> None:
    """A customer with one contact on the timeline."""
    record = SourceRecord(
        source="crm", id="1", when=NOW - timedelta(days=400), fields=FIELDS | fields, subject="crm/1"
    )
    profile = fold(customer_id, [record, held])
    store.append(customer_id, [record])
    assert store.commit(profile, 0, new=[held]) == "committed"


class World:
    """A store with one due contact, a mailer and the shipped rulebook."""

    def __init__(
        self, renderer: Renderer, *answers: MailOutcome, ready: bool = True, **fields: Scalar
    ) -> None:
        self.store, self.clock = InMemoryCustomerStore(), FakeClock(NOW)
        self.mailer = FakeMailer(answers, ready=ready)
        put(self.store, contact(renderer.rulebook), "cone", **fields)
        self.outside = Sending(
            store=self.store,
            mailer=self.mailer,
            renderer=renderer,
            policy=policy_of(renderer.rulebook),
            hash_key=KEY,
            public_url="https://api.example.com/",
            clock=self.clock,
        )

    def send(self, claim_id: str = "e-1") -> str:
        return send_email(MESSAGE, claim_id, self.outside).outcome

    @property
    def contact(self) -> Contact:
        held = self.store.read_contact("cone", "service_due_cars", "2026-Q1")
        assert held is not None
        return held


def test_a_due_contact_is_sent_and_the_provider_s_id_kept(renderer: Renderer) -> None:
    world = World(renderer)
    assert world.send() == "sent"
    assert (world.contact.state, world.contact.provider_id, world.contact.sent) == (
        ContactState.SENT,
        "ses-1",
        NOW,
    )
    mail = world.mailer.asked[0]
    assert mail.to == "anna@example.com"
    assert mail.from_name == "Meridian Cars"
    assert mail.tags == {"contact": world.contact.id, "customer": "cone", "trigger": "service_due_cars"}
    wish = read_token(KEY, mail.unsubscribe.removeprefix("https://api.example.com/u/"))
    assert (wish.customer_id, wish.purpose, wish.channel, wish.division) == (
        "cone",
        "marketing",
        "email",
        "cars",
    )
    assert mail.unsubscribe in mail.html
    assert "anna" not in mail.unsubscribe


def test_a_message_that_comes_again_sends_nothing(renderer: Renderer) -> None:
    world = World(renderer)
    assert [world.send("e-1"), world.send("e-2"), world.send("e-3")] == ["sent", "not_claimed", "not_claimed"]
    assert len(world.mailer.asked) == 1


def test_an_ambiguous_outcome_is_unknown_and_never_sent_again(renderer: Renderer) -> None:
    world = World(renderer, Ambiguous("ReadTimeoutError"))
    assert [world.send("e-1"), world.send("e-2")] == ["unknown", "not_claimed"]
    assert world.contact.state is ContactState.UNKNOWN
    assert len(world.mailer.asked) == 1
    assert world.store.read_profile("cone").profile.contacts[0].counts


def test_a_refusal_for_now_is_queued_again_for_later(renderer: Renderer) -> None:
    world = World(renderer, Refused("TooManyRequestsException", retryable=True))
    assert world.send("e-1") == "later"
    assert (world.contact.state, world.contact.claim, world.contact.due) == (
        ContactState.QUEUED,
        "",
        NOW + RETRY_AFTER,
    )
    world.clock.advance(hours=1)
    assert world.send("e-2") == "sent"


def test_a_refusal_for_good_gives_the_slot_back(renderer: Renderer) -> None:
    world = World(renderer, Refused("MessageRejected", retryable=False))
    assert world.send() == "refused"
    assert world.contact.state is ContactState.REFUSED
    assert not world.store.read_profile("cone").profile.contacts[0].counts


def test_a_crash_after_the_claim_is_not_followed_by_a_second_try(renderer: Renderer) -> None:
    world = World(renderer)

    def crash(_: object) -> MailOutcome:
        raise KeyboardInterrupt

    world.mailer.send = crash  # type: ignore[method-assign,assignment]
    with pytest.raises(KeyboardInterrupt):
        world.send("e-1")
    assert world.contact.state is ContactState.SENDING
    assert world.send("e-2") == "not_claimed"


def test_without_time_left_nothing_is_claimed(renderer: Renderer) -> None:
    world = World(renderer, ready=False)
    with pytest.raises(OutsideFailed, match="too little time"):
        world.send()
    assert world.contact.state is ContactState.QUEUED


def test_a_withdrawal_before_the_claim_is_never_followed_by_a_send(renderer: Renderer) -> None:
    world = World(renderer)
    withdraw(world.store, "cone", "marketing", "email", "*", NOW, "one-click link")
    assert world.send() == "not_claimed"
    assert world.mailer.asked == []


def test_a_message_that_is_not_in_the_rulebook_is_refused_before_sending(rulebook: Rulebook) -> None:
    messages = rulebook.messages.model_copy(update={"messages": {}})
    world = World(Renderer(rulebook.model_copy(update={"messages": messages})))
    assert world.send() == "refused"
    assert world.contact.reason == "NotFound"
    assert world.mailer.asked == []


@pytest.mark.parametrize(
    "address",
    ["a@example.com, b@example.com", "a@example.com\nBcc: b@example.com", "<a@example.com>", "a b@example.com", "no-at", "a..b@example.com"],
)  # fmt: skip
def test_an_address_that_could_be_two_or_a_header_is_refused(renderer: Renderer, address: str) -> None:
    world = World(renderer, email=address)
    assert world.send() in ("refused", "not_claimed")
    assert world.mailer.asked == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_reach_no_header(renderer: Renderer, text: str) -> None:
    world = World(renderer, Accepted("x"), given_name=text, surname=text, gender="")
    assert world.send() == "sent"
    mail = world.mailer.asked[0]
    for line in (mail.subject, mail.from_name, mail.to, mail.unsubscribe, *mail.tags.values()):
        assert "\n" not in line
        assert "\r" not in line
