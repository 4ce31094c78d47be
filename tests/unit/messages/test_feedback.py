"""Feedback: ten event types, three envelopes, any order, duplicates; what closes an address and what does not."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.errors import RefusedInput
from courtesy.identity.hashing import keyed_hash
from courtesy.messages.feedback import SES_TYPES, Report, Unmatched, read_ses_event, unwrap
from courtesy.messages.mailing import Piece, PrintProductSize, Register, encode_register
from courtesy.messages.postal import PostalAddress
from courtesy.messages.record import Recording, record_feedback
from courtesy.messages.render import Renderer
from courtesy.outcomes import ContactState
from courtesy.timeline.profile import Profile, encode_profile
from tests.fakes.clock import FakeClock
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.vendor import InMemoryShelf
from tests.unit.messages.people import KEY, NOW, contact
from tests.unit.messages.test_send import put

SAMPLES = Path(__file__).parents[4] / "shared/data/ses-events"
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def ses(kind: str, second: int = 60, contact_id: str = "k1", **told: object) -> dict[str, Any]:
    """An SES event of a mail to Anna, `second` seconds after it was sent."""
    stamp = f"2026-03-03T16:{second // 60:02}:{second % 60:02}.000Z"
    member = SES_TYPES[kind][1]
    return {
        "eventType": kind,
        "mail": {
            "timestamp": "2026-03-03T16:00:00.000Z",
            "messageId": "m1",
            "destination": ["Anna@Example.com"],
            "tags": {"contact": [contact_id], "customer": ["cone"], "ses:configuration-set": ["x"]},
        },
        member: {"timestamp": stamp, "feedbackId": f"f-{kind}-{second}"} | told,
    }


def bounce(second: int = 60, type_: str = "Permanent") -> dict[str, Any]:
    return ses(
        "Bounce",
        second,
        bounceType=type_,
        bounceSubType="General",
        bouncedRecipients=[{"emailAddress": "anna@example.com"}],
    )


def complaint(second: int = 90, feedback_type: str | None = "abuse") -> dict[str, Any]:
    told: dict[str, Any] = {"complainedRecipients": [{"emailAddress": "anna@example.com"}]}
    if feedback_type:
        told["complaintFeedbackType"] = feedback_type
    return ses("Complaint", second, **told)


def one(document: dict[str, Any]) -> Report:
    read = read_ses_event(document, KEY)
    assert isinstance(read, list)
    (report,) = read
    return report


def in_sqs(document: object) -> dict[str, Any]:
    return {"messageId": "1", "body": json.dumps(document)}


class World:
    """A customer whose service e-mail was sent and whose next one waits."""

    def __init__(self, renderer: Renderer) -> None:
        self.store, self.shelf = InMemoryCustomerStore(), InMemoryShelf()
        first = contact(renderer.rulebook)
        self.sent = msgspec.structs.replace(
            first, state=ContactState.SENT, sent=NOW, address=keyed_hash(KEY, "email", "anna@example.com")
        )
        put(self.store, self.sent)
        waiting = msgspec.structs.replace(
            contact(renderer.rulebook, "win_back_slipping", occurrence="next"), address=self.sent.address
        )
        profile, version = self.store.read_profile("cone")
        assert self.store.commit(profile, version, new=[waiting]) == "committed"
        self.outside = Recording(self.store, self.shelf, KEY, FakeClock(NOW))

    def record(self, document: dict[str, Any]) -> dict[str, int]:
        if "mail" in document:
            document["mail"].setdefault("tags", {})["contact"] = [self.sent.id]
        return record_feedback(in_sqs(document), self.outside)

    @property
    def profile(self) -> Profile:
        return self.store.read_profile("cone").profile

    def state(self) -> tuple[ContactState, bool]:
        past = next(p for p in self.profile.contacts if p.contact == self.sent.id)
        return past.state, past.counts


def test_every_event_type_of_ses_is_read() -> None:
    for kind, (type_, _) in SES_TYPES.items():
        report = one(ses(kind))
        assert (report.feedback.type, report.feedback.contact, report.customer_id) == (type_, "k1", "cone")
        assert report.feedback.channel == "email"


def test_the_three_envelopes_hold_the_same_event() -> None:
    event = ses("Delivery")
    notification = {
        "Type": "Notification",
        "TopicArn": "arn:x",
        "MessageId": "1",
        "Message": json.dumps(event),
    }
    raw, in_queue = in_sqs(event), in_sqs(notification)
    direct = {"EventSource": "aws:sns", "Sns": {"Message": json.dumps(event)}}
    assert [list(unwrap(r)) for r in (raw, in_queue, direct)] == [[event]] * 3


@pytest.mark.parametrize("body", ["", "x", "[1]", "1", '{"eventType": "Novelty", "mail": {}}'])
def test_what_is_no_event_is_refused(renderer: Renderer, body: str) -> None:
    with pytest.raises(RefusedInput):
        record_feedback({"messageId": "1", "body": body}, World(renderer).outside)


def test_an_event_without_our_tags_is_a_counted_reason(renderer: Renderer) -> None:
    event = ses("Delivery")
    del event["mail"]["tags"]
    assert read_ses_event(event, KEY) == Unmatched("no_contact_tags")
    world = World(renderer)
    assert record_feedback(in_sqs(event), world.outside) == {"no_contact_tags": 1}
    assert record_feedback(in_sqs({"notificationType": "AmazonSnsSubscriptionSucceeded"}), world.outside) == {
        "test_message": 1
    }


def test_a_report_on_a_contact_that_nobody_has_is_counted(renderer: Renderer) -> None:
    event = ses("Delivery", contact_id="kother")
    assert record_feedback(in_sqs(event), World(renderer).outside) == {"unknown_contact": 1}


def test_a_permanent_bounce_closes_the_address_frees_the_slot_and_stops_what_waits(
    renderer: Renderer,
) -> None:
    world = World(renderer)
    assert world.record(bounce()) == {"bounce": 1}
    assert world.state() == (ContactState.BOUNCED, False)
    assert world.profile.closed == {"email": [world.sent.address]}
    waiting = world.store.read_contact("cone", "win_back_slipping", "next")
    assert waiting is not None
    assert waiting.state is ContactState.CANCELLED


def test_a_transient_bounce_closes_nothing(renderer: Renderer) -> None:
    world = World(renderer)
    world.record(bounce(type_="Transient"))
    assert world.state() == (ContactState.SENT, True)
    assert world.profile.closed == {}


def test_a_complaint_closes_the_address_and_withdraws_marketing_e_mail(renderer: Renderer) -> None:
    world = World(renderer)
    assert world.record(complaint()) == {"complaint": 1}
    assert world.state() == (ContactState.COMPLAINED, True)
    (standing,) = world.profile.permissions
    assert (standing.purpose, standing.channel, standing.division, standing.status) == (
        "marketing",
        "email",
        "*",
        "withdrawn",
    )
    assert "anna" not in standing.proof


def test_not_spam_is_no_complaint_and_no_opt_out(renderer: Renderer) -> None:
    world = World(renderer)
    before = encode_profile(world.profile)
    assert world.record(complaint(feedback_type="not-spam")) == {"not_spam": 1}
    assert encode_profile(world.profile) == before


@pytest.mark.parametrize(
    ("agent", "second", "machine"),
    [
        (BROWSER, 600, False),
        (BROWSER, 3, True),
        ("Mozilla/5.0", 600, True),
        ("", 600, True),
        ("Mozilla/5.0 (Windows NT 5.1) (via ggpht.com GoogleImageProxy)", 600, True),
        ("Barracuda Sentinel (EE)", 600, True),
    ],
)
def test_machine_opens_and_clicks_are_told_from_human_ones(agent: str, second: int, machine: bool) -> None:
    for kind in ("Open", "Click"):
        assert one(ses(kind, second, userAgent=agent)).feedback.machine is machine


def test_details_are_classes_and_never_quote_an_address() -> None:
    event = bounce()
    event["bounce"]["bouncedRecipients"][0]["diagnosticCode"] = "550 anna@example.com unknown"
    report = one(event)
    assert report.feedback.detail == "Permanent/General"
    assert "anna" not in repr(report).lower()


EVENTS = [ses("Send", 0), ses("Delivery", 20), ses("Open", 40, userAgent=BROWSER), bounce(60), complaint(90)]


def test_every_order_of_a_contact_s_events_gives_the_same_end(renderer: Renderer) -> None:
    ends = set()
    for order in permutations(EVENTS):
        world = World(renderer)
        for event in order:
            world.record(event)
        ends.add((world.state(), encode_profile(world.profile)))
    assert len(ends) == 1
    assert next(iter(ends))[0][0] is ContactState.COMPLAINED


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(range(5)), min_size=1, max_size=12))
def test_duplicates_in_any_order_change_nothing(renderer: Renderer, numbers: list[int]) -> None:
    once, often = World(renderer), World(renderer)
    for number in sorted(set(numbers)):
        once.record(EVENTS[number])
    for number in numbers:
        often.record(EVENTS[number])
    assert encode_profile(once.profile) == encode_profile(often.profile)


@pytest.mark.skipif(not SAMPLES.exists(), reason="the reference events are not beside this checkout")
def test_the_events_of_the_ses_guide_are_read(renderer: Renderer) -> None:
    for path in sorted(SAMPLES.glob("*.json")):
        event = json.loads(path.read_text())
        assert read_ses_event(event, KEY) == Unmatched("no_contact_tags")
        event["mail"]["tags"] |= {"contact": ["k1"], "customer": ["cone"]}
        assert one(event).feedback.type == path.stem


# Print vendors.


def register(world: World) -> Register:
    to = PostalAddress("Anna Miller", "", "12 Main Street", "", "Boston", "MA", "02118", "US")
    piece = Piece(
        world.sent.id, "pieces/x.pdf", "0" * 64, 1, to, "cone", "service_due_cars", "2026-Q1", "posthash"
    )
    return Register("m-1", "harbor_print", "letter", PrintProductSize("us_letter", 8.5, 11), NOW, [piece])


def status(world: World, word: str, **rest: object) -> dict[str, Any]:
    return {
        "schema": "courtesy.status.v1",
        "vendor": "harbor_print",
        "mailing_id": "m-1",
        "status": word,
        "at": "2026-03-04T09:00:00Z",
        "pieces": [{"piece_id": world.sent.id, "code": "unknown_at_address"}],
    } | rest


@pytest.fixture
def printed(renderer: Renderer) -> World:
    world = World(renderer)
    world.shelf.close("harbor_print", "m-1", encode_register(register(world)))
    return world


@pytest.mark.parametrize(
    ("words", "state", "counts"),
    [
        (["acknowledged"], ContactState.SENT, True),
        (["acknowledged", "mailed"], ContactState.SENT, True),
        (["acknowledged", "rejected"], ContactState.REFUSED, False),
        (["returned", "mailed", "acknowledged"], ContactState.RETURNED, True),
        (["acknowledged", "mailed", "returned", "mailed"], ContactState.RETURNED, True),
    ],
)
def test_a_vendor_s_reports_settle_the_piece(
    printed: World, words: list[str], state: ContactState, counts: bool
) -> None:
    for word in words:
        assert printed.record(status(printed, word)) == {word: 1}
    assert printed.state() == (state, counts)
    closed = {"letter": ["posthash"]} if "returned" in words else {}
    assert printed.profile.closed == closed


def test_a_report_without_pieces_is_about_all_of_them_and_the_mailing_is_noted(printed: World) -> None:
    assert printed.record(status(printed, "acknowledged", pieces=[])) == {"acknowledged": 1}
    assert "mailings/harbor_print/m-1/acknowledged.json" in printed.shelf.objects


def test_a_vendor_reports_only_on_pieces_that_it_was_given(printed: World) -> None:
    assert printed.record(status(printed, "mailed", pieces=[{"piece_id": "kother"}])) == {"unknown_piece": 1}
    assert printed.record(status(printed, "mailed", mailing_id="m-2")) == {"unknown_mailing": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"schema": "courtesy.status.v9"}, "is not known"),
        ({"status": "eaten"}, "eaten"),
        ({"at": "2026-03-04T09:00:00"}, "time zone"),
        ({"mailing_id": "../../x"}, "letters, digits"),
        ({"status": "returned", "pieces": []}, "names its pieces"),
        ({"vendor": None}, "vendor"),
    ],
)
def test_a_report_that_breaks_the_contract_says_where(
    printed: World, change: dict[str, object], expected: str
) -> None:
    with pytest.raises(RefusedInput, match=expected):
        printed.record(status(printed, "mailed") | change)


def test_an_event_without_a_time_is_refused() -> None:
    event = {"eventType": "Open", "mail": {"tags": {"contact": ["k"], "customer": ["c"]}}, "open": {}}
    with pytest.raises(RefusedInput, match="readable timestamp"):
        read_ses_event(event, KEY)
