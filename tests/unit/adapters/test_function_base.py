"""Settings, batches, secrets, queues: what every function stands on."""

import json
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest

from courtesy.errors import NotFound, OutsideFailed, RefusedInput
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.versions import sections_of
from courtesy_aws.batch import SQSRecord, process_batch
from courtesy_aws.observability import logger
from courtesy_aws.queues import SqsQueue
from courtesy_aws.secrets import hash_key
from courtesy_aws.session import client
from courtesy_aws.settings import FunctionSettings
from courtesy_aws.tables.rulebooks import OfCurrent
from tests.fakes.rulebooks import InMemoryRulebookStore
from tests.unit.adapters.conftest import Play
from tests.unit.adapters.wire import refusal
from tests.unit.decisions.people import rulebook


class Settings(FunctionSettings):
    timeline_table: str
    public_url: str = "https://example.com"
    parts: int = 1


def test_settings_are_upper_case_variables() -> None:
    given = {"TIMELINE_TABLE": "t", "PARTS": "4", "HOME": "/"}
    assert Settings.load(given) == Settings(timeline_table="t", parts=4)


def test_wrong_settings_are_named_together_and_values_are_not_shown() -> None:
    with pytest.raises(RefusedInput, match=r"PARTS.*TIMELINE_TABLE.*infra/features") as caught:
        Settings.load({"PARTS": "hunter2"})
    assert "hunter2" not in str(caught.value)


def sqs_event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def test_only_records_that_failed_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, log = [], StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)

    def handle_record(record: SQSRecord) -> None:
        if record.body == "outside":
            raise OutsideFailed("profiles: timed out")
        if record.body == "bug":
            raise ValueError("Eva Musterfrau")
        seen.append(record.body)

    answer = process_batch(sqs_event("a", "outside", "b", "bug"), handle_record)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m1"}, {"itemIdentifier": "m3"}]}
    assert seen == ["a", "b"]
    logged = log.getvalue()
    assert "profiles: timed out" in logged
    assert "ValueError" in logged
    assert "Musterfrau" not in logged


def test_a_batch_that_fails_whole_comes_back_whole() -> None:
    def handle_record(record: SQSRecord) -> None:
        raise OutsideFailed("no")

    assert process_batch(sqs_event("a"), handle_record) == {"batchItemFailures": [{"itemIdentifier": "m0"}]}


def test_a_secret_is_read_once(play: Play) -> None:
    hash_key.cache_clear()
    script = play("secretsmanager", {"SecretString": "0123456789abcdef"})
    assert hash_key("key") == hash_key("key") == b"0123456789abcdef"
    assert len(script.requests) == 1
    hash_key.cache_clear()


def test_a_secret_that_is_not_there_or_too_short_is_refused(play: Play) -> None:
    hash_key.cache_clear()
    play("secretsmanager", refusal("ResourceNotFoundException"), {"SecretString": "short"})
    with pytest.raises(NotFound, match="deploy the data stack"):
        hash_key("key")
    with pytest.raises(OutsideFailed, match="at least 16"):
        hash_key("key")


def test_messages_that_sqs_did_not_take_are_sent_again(play: Play) -> None:
    failed = {"Failed": [{"Id": "1", "Code": "InternalError", "SenderFault": False}], "Successful": []}
    script = play("sqs", failed, {"Successful": []})
    SqsQueue("https://sqs.example/1/events", pause=lambda _: None).send([b"1", b"2", b"3"])
    sent = [[entry["MessageBody"] for entry in request["Entries"]] for request in script.requests]
    assert sent == [["1", "2", "3"], ["2"]]


def test_messages_that_sqs_never_takes_are_an_outside_failure(play: Play) -> None:
    failed = {"Failed": [{"Id": "0", "Code": "InternalError", "SenderFault": False}], "Successful": []}
    play("sqs", *[failed] * 4)
    with pytest.raises(OutsideFailed, match=r"SqsQueue\('events'\) did not take 1 of 1"):
        SqsQueue("https://sqs.example/1/events", pause=lambda _: None).send([json.dumps({}).encode()])


def test_a_message_above_the_limit_is_refused(play: Play) -> None:
    play("sqs")
    with pytest.raises(RefusedInput, match="lake"):
        SqsQueue("https://sqs.example/1/events").send([b"x" * 300_000])


@pytest.mark.usefixtures("play")
def test_the_mail_client_makes_one_attempt() -> None:
    """SES has no idempotency token: a second attempt of the client would be a second mail."""
    config: Any = client("sesv2").meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout <= 10


def test_what_is_made_of_a_rulebook_is_made_anew_only_when_another_is_in_force() -> None:
    sections = sections_of(rulebook())
    books, made = InMemoryRulebookStore(), []

    def make(book: Rulebook) -> str:
        made.append(book.version)
        return f"made of {book.version}"

    current = OfCurrent(books, make)
    first = books.publish(sections, "somebody", datetime(2026, 3, 2, tzinfo=UTC))
    assert [current(), current()] == [(first, "made of 1")] * 2
    second = books.publish(sections, "somebody", datetime(2026, 3, 3, tzinfo=UTC))
    assert current() == (second, "made of 2")
    assert made == [1, 2]
