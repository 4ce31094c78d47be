"""A world with customers in every division, a cycle that has run, a mailing, files and drafts; and how to ask every route.

What only one division knows carries that division's mark, so that it is found in whatever answer it leaks into.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import orjson

from courtesy.decisions.part import CyclePart, decide_part
from courtesy.intake.quarantine import QuarantinedRow
from courtesy.intake.report import Fault, FileReport, encode_report, report_path
from courtesy.messages.compile import compile_messages
from courtesy.messages.mailing import Piece, PrintProductSize, Register, encode_register, folder
from courtesy.messages.postal import PostalAddress
from courtesy.outcomes import ContactState, FileOutcome
from courtesy.population.cycle import score_population, segment_part, snapshot_part
from courtesy.population.plan import Cycle
from courtesy.population.report import report_cycle
from courtesy.ports import CustomerStore, Lake
from courtesy.rulebook.desk import rulebook_of
from courtesy.rulebook.drafts import open_draft
from courtesy.rulebook.files import read_files
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import (
    Asset,
    Case,
    Contact,
    Event,
    Interaction,
    Permission,
    SourceRecord,
    Transaction,
)
from courtesy.timeline.refold import refold
from courtesy_aws.cycles import Standing
from functions.serve_api import wiring
from functions.serve_api.gate import Route
from tests.fakes import InMemoryCustomerStore, InMemoryLake, InMemoryRulebookStore
from tests.unit.functions.serve_api.conftest import KEY, NOW

ROOT = Path(__file__).parents[4]
DIVISIONS = ("cars", "motorcycles", "marine", "finance")
CYCLE = "2026-11-20-night"
MAILING = "20261120-letter-0123456789abcdef"
FILE_ID = "0123456789abcdef"
CUSTOMERS = {division: "c" + letter * 26 for division, letter in zip(DIVISIONS, "bdfh", strict=True)}
"""A customer that only one division knows."""


def mark(division: str) -> str:
    """What only this division knows."""
    return f"onlyin{division[::-1]}"


@cache
def shipped() -> tuple[Rulebook, dict[str, str]]:
    """The rulebook as it ships, with its files."""
    files = read_files(ROOT / "rulebook")
    return rulebook_of(files, compile_messages), files


def events_of(division: str) -> list[Event]:
    """What one division knows of its customer."""
    sign, day = mark(division), timedelta(days=1)
    return [
        SourceRecord(
            source="crm_persons", id=sign, when=NOW - 300 * day,
            fields={"surname": "Berg", "given_name": sign, "email": f"{sign}@example.com", "country": "US",
                    "street_number": "1", "address1": "Main St", "city": "Troy", "postcode": "12180", "state": "NY"},
        ),
        Transaction(source="dealer_sales", id=f"{sign}-1", when=NOW - 160 * day, division=division, amount=900_000, item=sign),
        Transaction(source="service_workshop", id=f"{sign}-s", when=NOW - 370 * day, division=division, type="service"),
        Asset(source="dealer_sales", id=f"{sign}-a", when=NOW - 160 * day, division=division, model=sign),
        Interaction(source="call_centre_cases", id=f"{sign}-i", when=NOW - 3 * day, division=division, channel="call", topic=sign),
        Case(source="call_centre_cases", id=f"{sign}-c", when=NOW - 90 * day, division=division, nature=sign, status="closed",
             opened=NOW - 95 * day, closed=NOW - 90 * day),
        Permission(source="preference_centre", id=f"{sign}-p", when=NOW - 200 * day, purpose="marketing", channel="email",
                   division=division, status="granted", proof=sign),
        Contact(
            source="courtesy", id=f"k{sign}", when=NOW - 9 * day, trigger="welcome_cars", occurrence=sign, division=division,
            category="marketing", purpose="marketing", channel="letter", planned=NOW - 5 * day, due=NOW - 9 * day,
            expires=NOW + 9 * day, state=ContactState.SENT, sent=NOW - 2 * day, mailing=MAILING,
        ),
        Contact(
            source="courtesy", id=f"w{sign}", when=NOW - day, trigger="service_due_cars", occurrence=f"{sign}-w", division=division,
            category="marketing", purpose="marketing", channel="email", planned=NOW + 2 * day, due=NOW + 2 * day,
            expires=NOW + 9 * day,
        ),
    ]  # fmt: skip


@dataclass
class RanCycles:
    """One cycle that has ended."""

    report: dict[str, Any]

    def start(self, cycle_id: str, request: dict[str, object]) -> None:
        """Nothing runs here."""

    def ended(self, limit: int) -> list[str]:
        return [CYCLE][:limit]

    def standing(self, cycle_id: str) -> Standing:
        return Standing("succeeded", self.report)


@cache
def _prototype() -> tuple[dict[str, list[Event]], dict[str, bytes], dict[str, Any]]:
    """The timelines and the lake after a cycle, and its report; made once."""
    store, lake, (book, _) = InMemoryCustomerStore(), InMemoryLake(), shipped()
    for division, customer_id in CUSTOMERS.items():
        _write(store, customer_id, events_of(division))
    report = _run_cycle(store, lake, book.model_copy(update={"version": 2}))
    _mailing(lake, book)
    row = QuarantinedRow(
        source="crm_persons",
        contract=1,
        file="p.csv",
        line=2,
        faults=[Fault("email", "email", "an address")],
        text="x",
    )
    lake.put(f"quarantine/crm_persons/{FILE_ID}.jsonl", orjson.dumps(msgspec.to_builtins(row)) + b"\n")
    told = FileReport(
        source="crm_persons", file_id=FILE_ID, key="crm_persons/2026/11/20/p.csv", outcome=FileOutcome.LOADED, at=NOW,
        rows_in=3, loaded=2, quarantined=1,
    )  # fmt: skip
    lake.put(report_path("crm_persons", FILE_ID), encode_report(told))
    return {id_: store.read_timeline(id_) for id_ in CUSTOMERS.values()}, lake.objects, report


def furnish(outside: wiring.Outside) -> wiring.Outside:
    """Put everything in place, anew."""
    timelines, objects, report = _prototype()
    rulebook, files = shipped()
    rulebooks = InMemoryRulebookStore(rulebook, rulebook)
    rulebooks._files = {1: files, 2: files}
    for customer_id, events in timelines.items():
        _write(outside.store, customer_id, events)
    for path, content in objects.items():
        outside.lake.put(path, content)
    outside.drafts.write(open_draft(DRAFT, "Louder", 2, files, "mia", NOW))
    return replace(outside, rulebooks=rulebooks, cycles=RanCycles(report))


def _write(store: CustomerStore, customer_id: str, events: list[Event]) -> None:
    store.append(customer_id, [event for event in events if not isinstance(event, Contact)])
    refold(store, customer_id)
    stored = store.read_profile(customer_id)
    store.commit(
        stored.profile, stored.version, new=[event for event in events if isinstance(event, Contact)]
    )
    refold(store, customer_id)


DRAFT = "d-ffffffff00000001"


def _run_cycle(store: CustomerStore, lake: Lake, book: Rulebook) -> dict[str, Any]:
    day = NOW.astimezone(UTC).date().isoformat()
    cycle = Cycle(cycle_id=CYCLE, as_of=day, parts=1, part_numbers=[0], rulebook=book.version)
    snapshot_part(store, lake, book, cycle, 0)
    score_population(lake, book, cycle)
    segment_part(store, lake, book, cycle, 0)
    job = msgspec.convert({**msgspec.to_builtins(cycle), "part": 0}, CyclePart)
    with TemporaryDirectory() as scratch:
        decide_part(store, lake, book, job, lambda: NOW, KEY, Path(scratch))
    report: dict[str, Any] = msgspec.to_builtins(report_cycle(lake, book, cycle))
    return report


def _mailing(lake: Lake, book: Rulebook) -> None:
    vendor = sorted(book.messages.vendors)[0]
    pieces = [
        Piece(
            id=f"k{mark(d)}", file="p.pdf", sha256="0", pages=1, to=PostalAddress("x", "", "", "", "", "", "", ""), customer_id=CUSTOMERS[d],
            trigger="welcome_cars", occurrence=mark(d),
        )
        for d in DIVISIONS
    ]  # fmt: skip
    made = Register(
        MAILING, vendor, "letter", PrintProductSize("l", 8.5, 11), NOW - timedelta(days=2), pieces
    )
    lake.put(f"{folder(vendor, MAILING)}register.json", encode_register(made))


SAMPLES: dict[str, str] = {
    "version": "1",
    "section": "triggers",
    "entry": "welcome_cars",
    "trigger": "welcome_cars",
    "trigger_id": "service_due_cars",
    "channel": "email",
    "language": "en",
    "draft_id": DRAFT,
    "cycle_id": CYCLE,
    "name": "crm_persons",
    "file_id": FILE_ID,
    "mailing_id": MAILING,
    "match_id": "a" * 26,
    "dealer_id": "D001",
    "token": "a" * 40,
    "named": "service_voucher",
    "contact_id": "k" + "a" * 24,
}
"""A value for each path parameter; a new name needs one here."""

QUERIES: dict[str, dict[str, str]] = {
    "GET /rulebook/drafts/<draft_id>/file": {"path": "triggers/welcome_cars.yaml"},
    "PUT /rulebook/drafts/<draft_id>/file": {"path": "triggers/welcome_cars.yaml"},
    "DELETE /rulebook/drafts/<draft_id>/file": {"path": "triggers/welcome_cars.yaml"},
    "GET /rulebook/versions/<version>/file": {"path": "triggers/welcome_cars.yaml"},
    "GET /rulebook/versions/<version>/diff": {"against": "2"},
}


def bodies(division: str) -> dict[str, object]:
    """A body that each write takes; one without gets an empty one, which is as far as its fields let it."""
    sign = mark(division)
    return {
        "POST /customers/find": {"source": "crm_persons", "record": sign},
        "POST /customers/merge": {"one": "c" + "x" * 26, "two": "c" + "y" * 26},
        "POST /customers/<customer_id>/split": {"records": ["crm_persons/none"]},
        "POST /customers/<customer_id>/interactions": {"division": division, "channel": "call"},
        "POST /customers/<customer_id>/responses": {"division": division, "type": "visited"},
        "POST /customers/<customer_id>/cases": {"division": division, "nature": "paint"},
        "POST /customers/<customer_id>/cases/close": {"source": "call_centre_cases", "id": f"{sign}-c"},
        "POST /customers/<customer_id>/permissions": {
            "purpose": "marketing", "channel": "email", "division": division, "status": "granted", "proof": "call 1",
        },
        "POST /customers/<customer_id>/contacts/cancel": {"contact": f"w{sign}"},
        "POST /customers/<customer_id>/next-action/shown": {"trigger": "welcome_cars", "occurrence": "2026"},
        "POST /criteria/check": {"criteria": "open_cases = 0", "division": division},
        "POST /rulebook/drafts": {"title": "One more"},
        "POST /rulebook/drafts/<draft_id>/audience": {"trigger": "welcome_cars"},
        "POST /rulebook/drafts/<draft_id>/rehearsal": {"days": 1, "customers": 2},
        "POST /rulebook/versions/<version>/rollback": {"because": "as it was"},
        "POST /contacts/<contact_id>/settle": {"customer_id": CUSTOMERS[division], "went_out": True},
        "POST /mailings/<mailing_id>/recall": {"because": "a wrong picture"},
        "POST /sources/<name>/check": {"file": "p.csv", "content": "YQ=="},
    }  # fmt: skip


def paths_of(route: Route) -> Iterator[tuple[str, str]]:
    """(path, division of the customer in it, "" where there is none) of every way to ask a route. Raises KeyError."""
    filled = route.rule
    for name in [part[1:-1] for part in route.rule.split("/") if part.startswith("<")]:
        if name != "customer_id":
            filled = filled.replace(f"<{name}>", SAMPLES[name])
    if route.access.scope != "customer":
        yield filled, ""
        return
    for division, customer_id in CUSTOMERS.items():
        yield filled.replace("<customer_id>", customer_id), division
