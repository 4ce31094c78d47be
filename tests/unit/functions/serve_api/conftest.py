"""An API whose outside is in memory, and a way to call it as the HTTP API does."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from courtesy.errors import NotFound
from courtesy.identity.rules import IdentityRules
from courtesy.messages.compile import compile_messages
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Asset, Case, Event, SourceRecord, Transaction
from courtesy.timeline.refold import refold
from courtesy_aws.cycles import Standing
from courtesy_aws.decision_log import LakeDecisionLog
from courtesy_aws.file_reports import FileReports
from courtesy_aws.looks import TimelineLooks
from courtesy_aws.watch import AlarmState, QueueState
from functions.serve_api import wiring
from functions.serve_api.handler import handle
from tests.fakes import InMemoryCustomerStore, InMemoryLake, InMemoryQueue
from tests.fakes.answers import InMemoryAnswers
from tests.fakes.blocks import InMemoryBlockStore
from tests.fakes.drafts import InMemoryDraftStore
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.unit.messages.people import FOLDER

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KEY = b"a key for the tests, 32 bytes ok"
ANNA = "c" + "a" * 26


@dataclass
class InMemoryCycles:
    """Cycles that were started, and the reports of those that ended."""

    started: dict[str, dict[str, object]] = field(default_factory=dict)
    reports: dict[str, dict[str, object]] = field(default_factory=dict)

    def start(self, cycle_id: str, request: dict[str, object]) -> None:
        self.started.setdefault(cycle_id, request)

    def ended(self, limit: int) -> list[str]:
        return sorted(self.reports, reverse=True)[:limit]

    def standing(self, cycle_id: str) -> Standing:
        if cycle_id in self.reports:
            return Standing("succeeded", self.reports[cycle_id])
        if cycle_id in self.started:
            return Standing("running", None)
        raise NotFound(f"there is no cycle {cycle_id!r}")


@dataclass
class InMemoryRulebooks:
    """Only what the API reads: the sources and the rules of identity."""

    sources: dict[str, object]
    identity: IdentityRules = field(default_factory=IdentityRules)

    def current(self) -> "InMemoryRulebooks":
        return self


class QuietWatch:
    """Two queues, of which one gave something up, and an alarm that rings for it."""

    def queues(self) -> list[QueueState]:
        return [QueueState("chunks", 0, 0, 0, 0), QueueState("email", 3, 1, 0, 2)]

    def alarms(self) -> list[AlarmState] | None:
        return [AlarmState("email-dead", "ALARM", NOW, "Read the consumer's log.")]


@dataclass(frozen=True)
class Answer:
    """An answer of the API."""

    status: int
    type: str
    text: str
    headers: dict[str, Any]

    @property
    def json(self) -> Any:
        return orjson.loads(self.text)


class Api:
    """Calls the handler with HTTP API events (payload format 2.0)."""

    def __init__(self, outside: wiring.Outside) -> None:
        self.outside = outside

    def __call__(
        self,
        method: str,
        path: str,
        *,
        role: str = "",
        divisions: str = "",
        dealers: str = "",
        query: dict[str, str] | None = None,
        body: object = None,
        raw: str | None = None,
        headers: dict[str, str] | None = None,
        sub: str = "",
        sources: str | None = None,
    ) -> Answer:
        context: dict[str, Any] = {
            "http": {"method": method, "path": path},
            "requestId": "r",
            "stage": "$default",
        }
        if role:
            claims = {
                "sub": sub or f"sub-of-{role}",
                "cognito:groups": f"[{role}]",
                "custom:divisions": divisions,
                "custom:dealer": dealers,
            }
            if role == "source":
                every = " ".join(self.outside.rulebooks.current().sources)
                claims["custom:sources"] = every if sources is None else sources
            context["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        text = raw if raw is not None else (orjson.dumps(body).decode() if body is not None else None)
        event = {
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "headers": {"content-type": "application/json", **(headers or {})},
            "queryStringParameters": query, "requestContext": context, "body": text, "isBase64Encoded": False,
        }  # fmt: skip
        answer = handle(event, None)
        shown = answer["body"]
        if answer.get("isBase64Encoded"):
            shown = base64.b64decode(shown).decode()
        headers = {name.lower(): value for name, value in answer["headers"].items()}
        return Answer(answer["statusCode"], str(headers.get("content-type", "")), shown, headers)


def events_of_anna() -> list[Event]:
    """A car owner who also has a boat."""
    record = SourceRecord(
        source="crm_persons", id="77", when=NOW - timedelta(days=300), file="crm_persons/2026/01/24/p.csv", line=12,
        fields={"given_name": "Anna", "surname": "Berg", "email": "anna@example.com"},
    )  # fmt: skip
    return [
        record,
        Transaction(
            source="dealer_sales", id="1", when=NOW - timedelta(days=90), division="cars", amount=2_500_000
        ),
        Transaction(
            source="dealer_sales", id="2", when=NOW - timedelta(days=20), division="marine", amount=900_000
        ),
        Asset(
            source="dealer_sales", id="VIN1", when=NOW - timedelta(days=90), division="cars", model="Fjord"
        ),
        Case(
            source="call_centre_cases", id="9", when=NOW - timedelta(days=2), division="cars", nature="paint"
        ),
    ]


def iter_ids() -> Iterator[str]:
    """Ids in order, so that tests can name them."""
    return (f"{n:016x}" for n in count(1))


def in_memory(scratch: Path) -> wiring.Outside:
    """Everything outside of the API in memory, with Anna in its stores; `scratch`: an empty folder."""
    store, lake = InMemoryCustomerStore(), InMemoryLake()
    store.append(ANNA, events_of_anna())
    refold(store, ANNA)
    return wiring.Outside(
        store=store, index=InMemoryIdentityIndex(), rulebooks=InMemoryRulebooks({"crm_persons": 1, "dealer_sales": 1}),  # type: ignore[arg-type]
        lake=lake, cycles=InMemoryCycles(), log=LakeDecisionLog(lake, scratch), looks=TimelineLooks(store),
        key=lambda: KEY, clock=lambda: NOW, drafts=InMemoryDraftStore(), events=InMemoryQueue(), reports=FileReports(lake), watch=QuietWatch(),  # type: ignore[arg-type]
         new_id=iter_ids().__next__, answers=InMemoryAnswers(), blocks=InMemoryBlockStore(),  # type: ignore[arg-type]
        sign_in={"client": "abc", "cognito": "http://127.0.0.1/"},
    )  # fmt: skip


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Api:
    """The API with Anna in its stores."""
    outside = in_memory(tmp_path)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


class Shipped:
    """The shipped rulebook, published."""

    held: Rulebook | None = None

    def current(self) -> Rulebook:
        if Shipped.held is None:
            Shipped.held = load_rulebook(Path(FOLDER), compile_messages)
        return Shipped.held


@pytest.fixture
def dealing(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API with the shipped rulebook."""
    outside = replace(api.outside, rulebooks=Shipped())  # type: ignore[arg-type]
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)
