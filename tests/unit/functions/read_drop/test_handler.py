"""read_drop from S3's messages to chunks on the queue."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

import pytest

from courtesy.errors import OutsideFailed
from courtesy.intake.read import Outside
from courtesy.intake.report import FileReport, decode_report
from courtesy.rulebook.model import Rulebook
from functions.read_drop import handler, wiring
from functions.read_drop.arrivals import arrivals
from functions.read_drop.settings import Settings
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.intake.mill import contract

KEY = "people/2026/01/05/sales & 50%+.csv"
TEXT = b"id,name,email\n1,Ann,ann@example.org\n2,Bob,nowhere\n"


class OneBook:
    """A rulebook store that knows one source."""

    def current(self) -> Rulebook:
        return Rulebook(divisions={}, sources={"people": contract()})


class Full(InMemoryQueue):
    """A queue that takes nothing."""

    def send(self, bodies: Any, delay: int = 0) -> None:
        raise OutsideFailed("queue: full")


def wired(ports: Outside) -> wiring.Wiring:
    return wiring.Wiring("drops", OneBook(), ports, lambda: datetime(2026, 1, 6, tzinfo=UTC))  # type: ignore[arg-type]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> Outside:
    ports = Outside(InMemoryLake(), InMemoryLake(), InMemoryQueue())
    monkeypatch.setattr(handler, "wire", lambda: wired(ports))
    ports.drops.put(KEY, TEXT)
    return ports


def sqs(*bodies: dict[str, Any]) -> dict[str, Any]:
    return {
        "Records": [
            {"messageId": f"m{n}", "body": json.dumps(body), "eventSource": "aws:sqs"}
            for n, body in enumerate(bodies)
        ]
    }


def direct(key: str, name: str = "ObjectCreated:Put", bucket: str = "drops", **thing: Any) -> dict[str, Any]:
    thing = {"key": quote_plus(key), "size": len(TEXT), "eTag": "e", "sequencer": "0A"} | thing
    return {"Records": [{"eventName": name, "s3": {"bucket": {"name": bucket}, "object": thing}}]}


def bridged(key: str, kind: str = "Object Created") -> dict[str, Any]:
    thing = {"key": key, "size": len(TEXT), "sequencer": "0A"}
    return {"detail-type": kind, "detail": {"bucket": {"name": "drops"}, "object": thing}}


def reports(outside: Outside) -> list[FileReport]:
    return [decode_report(outside.lake.get(path)) for path in outside.lake.list("outcomes/files/")]


@pytest.mark.parametrize("body", [direct(KEY), bridged(KEY)], ids=["bucket's own form", "EventBridge's form"])
def test_a_file_becomes_chunks_on_the_queue_whatever_the_form_of_the_news(
    outside: Outside, body: dict[str, Any]
) -> None:
    assert handler.handle(sqs(body), None) == {"batchItemFailures": []}
    [report] = reports(outside)
    assert (report.key, report.put, report.rows_in, report.loaded, report.quarantined) == (KEY, "0A", 2, 1, 1)
    assert isinstance(outside.chunks, InMemoryQueue)
    [message] = outside.chunks.take()
    assert message == {
        "source": "people",
        "file_id": report.file_id,
        "chunk": 0,
        "chunks": 1,
        "path": f"staged/people/{report.file_id}/00000.jsonl.gz",
    }
    assert outside.lake.list(message["path"])


@pytest.mark.parametrize(
    "body",
    [
        {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "drops"},
        direct(KEY, name="ObjectRemoved:Delete"),
        direct(KEY, bucket="other"),
        bridged(KEY, kind="Object Deleted"),
    ],
    ids=["S3's test", "removed", "other bucket", "deleted"],
)
def test_what_announces_no_file_is_taken_off_the_queue(outside: Outside, body: dict[str, Any]) -> None:
    assert handler.handle(sqs(body), None) == {"batchItemFailures": []}
    assert reports(outside) == []


def test_a_file_deleted_meanwhile_is_reported_and_not_tried_again(outside: Outside) -> None:
    outside.drops.delete(KEY)
    assert handler.handle(sqs(direct(KEY)), None) == {"batchItemFailures": []}
    assert [report.reason for report in reports(outside)] == ["missing"]


def test_what_fails_outside_comes_back_alone_and_ends_the_second_time(
    outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "wire", lambda: wired(outside._replace(chunks=Full())))
    answer = handler.handle(sqs(direct(KEY), direct("people/")), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m0"}]}
    monkeypatch.setattr(handler, "wire", lambda: wired(outside))
    assert handler.handle(sqs(direct(KEY)), None) == {"batchItemFailures": []}
    assert isinstance(outside.chunks, InMemoryQueue)
    assert len(outside.chunks.take()) == 1


def test_a_versioned_bucket_without_sequencer_tells_uploads_by_version() -> None:
    [drop] = arrivals(direct(KEY, sequencer=None, versionId="v7"), "drops")
    assert (drop.key, drop.put, drop.size) == (KEY, "v7", len(TEXT))


def test_the_environment_is_named_as_infra_sets_it() -> None:
    assert set(Settings.model_fields) == {
        "rulebooks_table",
        "drops_bucket",
        "lake_bucket",
        "chunks_queue_url",
    }
