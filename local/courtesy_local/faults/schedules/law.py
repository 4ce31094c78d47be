"""The law and the people of the schedules: a small rulebook, and customers as they stand before anything happens."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

from courtesy.decisions.policy import Policy, policy_of
from courtesy.identity.normalise import traits_of
from courtesy.identity.resolve import Incoming, place
from courtesy.messages.render import PrintText, RenderedEmail, Renderer
from courtesy.messages.rules import PrintProduct, Side
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Scalar, SourceRecord
from courtesy.timeline.refold import refold
from courtesy_local.faults.schedules.index import Index
from courtesy_local.faults.schedules.record import Record
from courtesy_local.faults.schedules.stage import MONDAY, Stage
from courtesy_local.faults.schedules.stores import Customers

KEY = b"a key of sixteen bytes or more"
CAP = timedelta(days=7)
ARRIVAL = timedelta(days=4)
RECORDS = ("crm/1", "crm/2", "crm/3")
EVENT_TRIGGERS = ("thanks", "offer")
_FIELDS = {"division": {"column": "d"}}
_NAMES = ("Abel", "Bjork", "Cruz")


@cache
def rulebook() -> Rulebook:
    """Two triggers on each purchase, one of every cycle by letter, one contact in seven days."""
    stem = {"division": "cars", "category": "marketing", "purpose": "marketing", "useful_for_days": 30}
    event = stem | {"kind": "event", "listens_to": "transaction.purchase"}
    product = {"channel": "letter", "frame": "plain", "width": 8.5, "height": 11}
    return Rulebook.model_validate(
        {
            "version": 1,
            "divisions": {"cars": {"name": "cars", "label": "Cars"}},
            "sources": {
                "shop": _source("shop", "transaction", {"amount": {"column": "a"}}),
                "desk": _source("desk", "case", {"status": {"column": "s"}}),
                "crm": {
                    "name": "crm", "record": "person", "file": "*", "format": {"kind": "csv"}, "key": ["id"],
                    "event_time": "t", "fields": {"email": {"column": "e"}},
                },
            },
            "decisions": {
                "permission_defaults": [{"rule": "opt_out"}],
                "caps": [{"id": "weekly", "at_most": 1, "rolling_days": CAP.days}],
                "channels": {"email": {}, "letter": {"arrival_days": ARRIVAL.days}},
            },
            "triggers": {
                "thanks": event | {"id": "thanks", "channels": ["email"], "priority": 30},
                "offer": event | {"id": "offer", "channels": ["email", "letter"], "priority": 60},
                "catalogue": stem | {"id": "catalogue", "channels": ["letter"], "priority": 90, "occurrence": "week"},
            },
            "messages": {
                "printers": {"letter": "press"},
                "vendors": {
                    "press": {"label": "Press", "countries": ["US"], "products": {"letter": {"name": "l"} | product}}
                },
            },
        }
    )  # fmt: skip


def _source(name: str, record: str, fields: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": name, "record": record, "file": "*", "format": {"kind": "csv"}, "key": ["id"], "customer_key": "c",
        "refers_to": "crm", "event_time": "t", "fields": _FIELDS | fields,
    }  # fmt: skip


@cache
def policy() -> Policy:
    """The compiled law."""
    return policy_of(rulebook())


@dataclass(frozen=True)
class Ground:
    """The world before anything happens: everything in it is copied for a schedule."""

    customers: Customers
    index: Index
    ids: dict[str, str]
    """Person record -> customer."""


@cache
def ground() -> Ground:
    """One customer for each person record."""
    stage = Stage(0)
    customers, index = Customers(stage, Record()), Index(stage)
    ids = {}
    for n, subject in enumerate(RECORDS):
        fields: dict[str, Scalar] = {
            "given_name": "Ada", "surname": _NAMES[n], "email": f"{n + 1}@example.com", "address1": f"{n + 1} High St",
            "city": "Boston", "state": "MA", "postcode": "02108", "country": "US",
        }  # fmt: skip
        traits = traits_of({name: str(value) for name, value in fields.items()})
        placed = place([Incoming(subject, traits, ("1", "", ""))], index, rulebook().identity, KEY, MONDAY)
        ids[subject] = placed[subject].customer_id
        source, id_ = subject.split("/")
        record = SourceRecord(source=source, id=id_, when=MONDAY, subject=subject, fields=fields)
        customers.append(ids[subject], [record])
        refold(customers, ids[subject])
    if len(set(ids.values())) != len(RECORDS):
        raise AssertionError("the people of the schedules are too much alike")
    return Ground(customers, index, ids)


def record_of(address: str) -> str:
    """The person record of an e-mail address or of the first line of a postal one."""
    return f"crm/{address[0]}"


class Writing:
    """Instead of the renderer: what the messages say is no matter here."""

    def __init__(self) -> None:
        self.rulebook = rulebook()
        self._context = SimpleNamespace(
            sender=SimpleNamespace(name="Cars", email="cars@example.com"), marketing=True
        )

    def context(self, *_: object, **__: object) -> object:
        """What a message is made with."""
        return self._context

    def email(self, *_: object) -> RenderedEmail:
        """A mail's parts."""
        return RenderedEmail("s", "", "h", "t")

    def printed(self, *_: object) -> object:
        """A letter's parts."""
        return None


class Press:
    """Instead of the typesetter."""

    def pdf(self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both") -> bytes:  # noqa: ARG002 - its port
        """A file of one page."""
        return b"/Type /Page " + hashlib.sha256("".join(address).encode()).digest()


def renderer() -> Renderer:
    """`Writing` where a renderer is asked for."""
    return cast(Renderer, Writing())
