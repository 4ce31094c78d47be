"""What happens in every run: two customers buy, are decided about, released, sent to and reported on; one withdraws.

Two triggers listen to each purchase and a cap lets one contact through per seven days; a second purchase eight days later
gives the next. Messages are delivered twice, and again as long as they fail. The real handlers do all the work.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from courtesy.messages.compile import compile_messages
from courtesy.privacy.withdraw import withdraw
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.events import Event, SourceRecord, Transaction, event_key
from courtesy.timeline.refold import refold
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.telling import Telling
from courtesy_local.faults.world import Mail, Run
from functions.decide_events import handler as decide_events
from functions.decide_events import wiring as decide_wiring
from functions.decide_part import wiring as part_wiring
from functions.load_chunk import wiring as load_wiring
from functions.make_mailing import wiring as mailing_wiring
from functions.read_drop import wiring as read_wiring
from functions.record_feedback import handler as record_feedback
from functions.record_feedback import wiring as feedback_wiring
from functions.release_due import handler as release_due
from functions.release_due import wiring as release_wiring
from functions.send_email import handler as send_email
from functions.send_email import wiring as send_wiring

CAP_DAYS = 7
CUSTOMERS = ("ceva", "ctom")
WITHDRAWS = "ctom"
TRIGGERS = ("service_due_cars", "welcome_cars")
STEP = timedelta(minutes=35)
ROUNDS = 6
WIRINGS: list[Any] = [
    decide_wiring,
    feedback_wiring,
    load_wiring,
    mailing_wiring,
    part_wiring,
    read_wiring,
    release_wiring,
    send_wiring,
]
ENVIRONMENT = {
    "TIMELINE_TABLE": "timeline",
    "PROFILES_TABLE": "profiles",
    "RULEBOOKS_TABLE": "rulebooks",
    "LAKE_BUCKET": "lake",
    "HASH_KEY_SECRET": "key",
    "IDENTITIES_TABLE": "identities",
    "DROPS_BUCKET": "drops",
    "CHUNKS_QUEUE_URL": "https://sqs.example/1/chunks",
    "EVENTS_QUEUE_URL": "https://sqs.example/1/events",
    "EMAIL_QUEUE_URL": "https://sqs.example/1/email",
    "LETTER_QUEUE_URL": "https://sqs.example/1/letter",
    "POSTCARD_QUEUE_URL": "https://sqs.example/1/postcard",
    "SMS_QUEUE_URL": "https://sqs.example/1/sms",
    "VENDOR_QUEUE_URL": "https://sqs.example/1/vendor",
    "VENDOR_API_QUEUE_URL": "https://sqs.example/1/vendor_api",
    "CONFIGURATION_SET": "courtesy",
    "DIVISION_SETS": "",
    "INBOUND_DOMAIN": "",
    "SENDER": "news@example.com",
    "PUBLIC_URL": "https://example.com",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
_RULEBOOK = Path(__file__).parents[3] / "rulebook"


def sections(channel: str = "email") -> dict[str, object]:
    """The shipped rulebook with two of its triggers listening to purchases, on one channel, and one cap."""
    shipped: dict[str, Any] = sections_of(load_rulebook(_RULEBOOK, compile_messages))
    triggers = {}
    for id_ in TRIGGERS:
        changed: dict[str, Any] = {
            "kind": "event",
            "listens_to": "transaction.purchase",
            "channels": [channel],
            "criteria": "true",
        }
        changed |= {
            "division": "cars",
            "control_share": 0.0,
            "offer": "",
            "delay_hours": 0,
            "category": "marketing",
        }
        triggers[id_] = shipped["triggers"][id_] | changed | {"purpose": "marketing", "useful_for_days": 2}
    cap = {"id": "weekly", "at_most": 1, "rolling_days": CAP_DAYS}
    decisions = {"permission_defaults": [{"rule": "opt_out"}], "caps": [cap], "channels": {channel: {}}}
    return shipped | {"triggers": triggers, "decisions": decisions}


def purchase(customer_id: str, day: datetime) -> Transaction:
    """A purchase of a customer on a day."""
    return Transaction(
        source="shop", id=f"{customer_id}-{day:%m%d}", when=day, subject="crm/1", division="cars", amount=5000
    )


def lay_ground(run: Run, channel: str = "email") -> None:
    """The rulebook and the customers, before anything may fail."""
    DynamoRulebookStore("rulebooks").publish(sections(channel), "harness", run.now())
    store = DynamoCustomerStore("timeline", "profiles")
    for id_ in CUSTOMERS:
        fields: dict[str, Any] = {
            "email": f"{id_}@example.com",
            "surname": "Doe",
            "given_name": "Jo",
            "address1": "1 High St",
            "city": "Boston",
            "state": "MA",
            "postcode": "02108",
            "country": "US",
            "language": "en",
        }
        events: list[Event] = [SourceRecord(source="crm", id="1", when=run.now(), fields=fields)]
        store.append(id_, events)
        refold(store, id_)


class Story(Telling):
    """One run from its start to the day when nothing is left to be done."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._events: list[tuple[str, int]] = []
        self._feedback: list[tuple[str, int]] = []
        self._reported = 0

    def tell(self) -> None:
        """All of it."""
        self._week()
        self.run.sleep(timedelta(days=CAP_DAYS + 1).total_seconds() - (STEP * ROUNDS).total_seconds())
        self._week()

    def _week(self) -> None:
        for id_ in CUSTOMERS:
            event = purchase(id_, self.run.now())
            self.surely(lambda id_=id_, event=event: self.store.append(id_, [event]))  # type: ignore[misc]
            self.surely(lambda id_=id_: refold(self.store, id_))  # type: ignore[misc]
            self._events.append((json.dumps({"customer_id": id_, "keys": [event_key(event)]}), 0))
        for n in range(ROUNDS):
            self._events = self.deliver(decide_events.handle, self._events)
            self.once(lambda: release_due.handle({}, None))
            if n == 0:
                self.surely(self._withdraw)
            self._send()
            self._feedback += self._told()
            self._feedback = self.deliver(record_feedback.handle, self._feedback)
            self.run.sleep(STEP.total_seconds())

    def _withdraw(self) -> None:
        withdraw(self.store, WITHDRAWS, "marketing", "*", "*", self.run.now(), "one-click link")

    def _send(self) -> None:
        left = self.deliver(send_email.handle, self.queued("email"))
        self.run.queues["email"] += [body for body, _ in left]

    def _told(self) -> list[tuple[str, int]]:
        """What SES tells of the mails that it took since the last time."""
        mails = self.run.mails[self._reported :]
        self._reported = len(self.run.mails)
        return [(body, 0) for mail in mails for body in told_of(mail)]


def told_of(mail: Mail) -> list[str]:
    """SES's events on a mail: its delivery, and after that, late, that it was taken."""
    bodies = []
    for kind, member in (("Delivery", "delivery"), ("Send", "send")):
        at = mail.at.isoformat()
        tags = {"contact": [mail.contact], "customer": [mail.customer]}
        about = {"timestamp": at, "messageId": mail.message_id, "destination": [mail.to], "tags": tags}
        bodies.append(json.dumps({"eventType": kind, "mail": about, member: {"timestamp": at}}))
    return bodies


@contextmanager
def environment() -> Iterator[None]:
    """The functions' environment for the time of a `with`; one request at a time, so that the same plan meets the same calls."""
    with (
        patch.dict("os.environ", ENVIRONMENT),
        patch.object(load_wiring, "THREADS", 1),
        patch.object(read_wiring, "WRITERS", 1),
    ):
        yield


def cold() -> None:
    """Forget what the functions built at their cold start."""
    for wiring in WIRINGS:
        wiring.wire.cache_clear()
