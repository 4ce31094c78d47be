"""What happens in every run: two customers buy, are decided about, released, sent to and reported on; one withdraws.

Two triggers listen to each purchase and a cap lets one contact through per seven days; a second purchase eight days later
gives the next. Messages are delivered twice, and again as long as they fail. The real handlers do all the work.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import patch

from courtesy.errors import CourtesyError
from courtesy.messages.compile import compile_messages
from courtesy.privacy.withdraw import withdraw
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.versions import sections_of
from courtesy.timeline.events import Event, SourceRecord, Transaction, event_key
from courtesy.timeline.refold import refold
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.tables import rulebooks
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from courtesy_local.faults.plan import Killed
from courtesy_local.faults.world import Run
from functions.decide_events import handler as decide_events
from functions.decide_events import wiring as decide_wiring
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
RECEIVES = 20
STEP = timedelta(minutes=35)
ROUNDS = 6
CLOCKED: list[ModuleType] = [decide_wiring, feedback_wiring, release_wiring, send_wiring, rulebooks]
ENVIRONMENT = {
    "TIMELINE_TABLE": "timeline",
    "PROFILES_TABLE": "profiles",
    "RULEBOOKS_TABLE": "rulebooks",
    "LAKE_BUCKET": "lake",
    "HASH_KEY_SECRET": "key",
    "EMAIL_QUEUE_URL": "https://sqs.example/1/email",
    "LETTER_QUEUE_URL": "https://sqs.example/1/letter",
    "POSTCARD_QUEUE_URL": "https://sqs.example/1/postcard",
    "SMS_QUEUE_URL": "https://sqs.example/1/sms",
    "VENDOR_QUEUE_URL": "https://sqs.example/1/vendor",
    "CONFIGURATION_SET": "courtesy",
    "DIVISION_SETS": "",
    "INBOUND_DOMAIN": "",
    "IDENTITIES_TABLE": "identities",
    "SENDER": "news@example.com",
    "PUBLIC_URL": "https://example.com",
    "POWERTOOLS_METRICS_DISABLED": "true",
}
_CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
_RULEBOOK = Path(__file__).parents[3] / "rulebook"


def sections() -> dict[str, object]:
    """The shipped rulebook with two of its triggers listening to purchases, and one cap."""
    shipped: dict[str, Any] = sections_of(load_rulebook(_RULEBOOK, compile_messages))
    triggers = {}
    for id_ in TRIGGERS:
        changed: dict[str, Any] = {
            "kind": "event",
            "listens_to": "transaction.purchase",
            "channels": ["email"],
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
    decisions = {"permission_defaults": [{"rule": "opt_out"}], "caps": [cap], "channels": {"email": {}}}
    return shipped | {"triggers": triggers, "decisions": decisions}


def purchase(customer_id: str, day: datetime) -> Transaction:
    """A purchase of a customer on a day."""
    return Transaction(
        source="shop", id=f"{customer_id}-{day:%m%d}", when=day, subject="crm/1", division="cars", amount=5000
    )


def lay_ground(run: Run) -> None:
    """The rulebook and the customers, before anything may fail."""
    DynamoRulebookStore("rulebooks").publish(sections(), "harness", run.now())
    store = DynamoCustomerStore("timeline", "profiles")
    for id_ in CUSTOMERS:
        fields: dict[str, Any] = {
            "email": f"{id_}@example.com",
            "surname": "Doe",
            "country": "US",
            "language": "en",
        }
        events: list[Event] = [SourceRecord(source="crm", id="1", when=run.now(), fields=fields)]
        store.append(id_, events)
        refold(store, id_)


class Story:
    """One run from its start to the day when nothing is left to be done."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.undelivered: list[str] = []
        self._events: list[tuple[str, int]] = []
        self._feedback: list[tuple[str, int]] = []
        self._reported = 0
        self._store = DynamoCustomerStore("timeline", "profiles")

    def tell(self) -> None:
        """All of it."""
        self.run.counting = True
        self._week()
        self.run.sleep(timedelta(days=CAP_DAYS + 1).total_seconds() - (STEP * ROUNDS).total_seconds())
        self._week()
        self.run.counting = False

    def _week(self) -> None:
        for id_ in CUSTOMERS:
            event = purchase(id_, self.run.now())
            self._surely(lambda id_=id_, event=event: self._store.append(id_, [event]))  # type: ignore[misc]
            self._surely(lambda id_=id_: refold(self._store, id_))  # type: ignore[misc]
            self._events.append((json.dumps({"customer_id": id_, "keys": [event_key(event)]}), 0))
        for n in range(ROUNDS):
            self._events = self._deliver(decide_events.handle, self._events)
            self._once(lambda: release_due.handle({}, _CONTEXT))
            if n == 0:
                self._surely(self._withdraw)
            self._mail()
            self._report()
            self._feedback = self._deliver(record_feedback.handle, self._feedback)
            self.run.sleep(STEP.total_seconds())

    def _withdraw(self) -> None:
        withdraw(self._store, WITHDRAWS, "marketing", "email", "*", self.run.now(), "one-click link")

    def _mail(self) -> None:
        waiting, self.run.queues["email"] = self.run.queues["email"], []
        left = self._deliver(send_email.handle, [(body, 0) for body in waiting])
        self.run.queues["email"] += [body for body, _ in left]

    def _report(self) -> None:
        for mail in self.run.mails[self._reported :]:
            for kind, member in (("Delivery", "delivery"), ("Send", "send")):
                at = mail.at.isoformat()
                tags = {"contact": [mail.contact], "customer": [mail.customer]}
                about = {
                    "timestamp": at,
                    "messageId": mail.message_id,
                    "destination": [mail.to],
                    "tags": tags,
                }
                self._feedback.append(
                    (json.dumps({"eventType": kind, "mail": about, member: {"timestamp": at}}), 0)
                )
        self._reported = len(self.run.mails)

    def _deliver(self, handle: Callable[..., Any], waiting: list[tuple[str, int]]) -> list[tuple[str, int]]:
        """Deliver each message twice; those that failed come again later, and not for ever."""
        left: list[tuple[str, int]] = []
        for body, receives in waiting:
            event = {"Records": [{"messageId": f"m{len(left)}", "body": body, "attributes": {}}]}
            failed = False
            for _ in range(2):
                answer = self._once(lambda event=event: handle(event, _CONTEXT))  # type: ignore[misc]
                failed = failed or answer is None or bool(answer["batchItemFailures"])
            if failed and receives + 1 < RECEIVES:
                left.append((body, receives + 1))
            elif failed:
                self.undelivered.append(body)
        return left

    def _once(self, action: Callable[[], Any]) -> Any:
        """One invocation; None where it failed or its process ended."""
        try:
            return action()
        except (Killed, CourtesyError):
            return None

    def _surely(self, action: Callable[[], object]) -> None:
        """Somebody who tries until it is confirmed."""
        for _ in range(RECEIVES):
            try:
                action()
            except (Killed, CourtesyError):
                continue
            return
        raise AssertionError("this was never confirmed, though faults are few")


def environment() -> Any:
    """The functions' environment for the time of a `with`."""
    return patch.dict("os.environ", ENVIRONMENT)


def cold() -> None:
    """Forget what the functions built at their cold start."""
    for wiring in (decide_wiring, feedback_wiring, release_wiring, send_wiring):
        wiring.wire.cache_clear()
