"""Send, print and hear back through the real handlers, adapters and tables, on moto."""

import json
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from moto import mock_aws

from courtesy.messages.compile import compile_messages
from courtesy.messages.mailing import Announcement, ManifestLine
from courtesy.outcomes import ContactState
from courtesy.rulebook.load import load_rulebook
from courtesy.timeline.events import Contact, SourceRecord
from courtesy.timeline.fold import fold
from courtesy_aws import secrets
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.session import client, forget_clients
from courtesy_aws.tables.rulebooks import DynamoRulebookStore
from functions.make_mailing import handler as make_mailing
from functions.make_mailing import wiring as make_mailing_wiring
from functions.record_feedback import handler as record_feedback
from functions.record_feedback import wiring as record_feedback_wiring
from functions.send_email import handler as send_email
from functions.send_email import wiring as send_email_wiring
from tests.contract.conftest import make_table
from tests.unit.functions.send_email.test_handler import record
from tests.unit.messages.people import FIELDS, FOLDER, NOW, contact

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000, aws_request_id="run-1")
WIRED = (send_email_wiring, make_mailing_wiring, record_feedback_wiring)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An account in process with the tables, buckets, queues and secrets that the three functions use."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    settings = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "TIMELINE_TABLE": "timeline",
        "PROFILES_TABLE": "profiles",
        "RULEBOOKS_TABLE": "rulebooks",
        "LAKE_BUCKET": "lake",
        "IDENTITIES_TABLE": "identities",
        "CONFIGURATION_SET": "courtesy",
        "DIVISION_SETS": "",
        "INBOUND_DOMAIN": "",
        "SENDER": "sender@example.com",
        "PUBLIC_URL": "https://api.example.com",
        "HASH_KEY_SECRET": "hash-key",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    _forget()
    with mock_aws():
        make_table("timeline", "customer_id", "event_key", due=True)
        make_table("profiles", "customer_id")
        make_table("rulebooks", "kind", "name")
        client("s3").create_bucket(Bucket="lake")
        client("secretsmanager").create_secret(
            Name="hash-key", SecretString="a key of at least sixteen bytes"
        )
        client("sesv2").create_email_identity(EmailIdentity="sender@example.com")
        url = client("sqs").create_queue(QueueName="vendor")["QueueUrl"]
        monkeypatch.setenv("VENDOR_QUEUE_URL", url)
        monkeypatch.setenv("VENDOR_API_QUEUE_URL", f"{url}-api")
        send_email_wiring.wire().clock = make_mailing_wiring.wire().clock = lambda: NOW
        yield
    _forget()


def _forget() -> None:
    for module in WIRED:
        module.wire.cache_clear()
    secrets.hash_key.cache_clear()
    forget_clients()


def reserve(store: DynamoCustomerStore, channel: str, trigger: str, now: datetime) -> Contact:
    """A customer with one queued contact that is due."""
    rulebook = load_rulebook(FOLDER, compile_messages)
    held = msgspec.structs.replace(
        contact(rulebook, trigger, channel), when=now, planned=now, due=now, expires=now + timedelta(days=20)
    )
    person = SourceRecord(
        source="crm", id="1", when=now - timedelta(days=400), fields=FIELDS, subject="crm/1"
    )
    store.append("cone", [person])
    assert store.commit(fold("cone", [person, held]), 0, new=[held]) == "committed"
    DynamoRulebookStore("rulebooks").publish(rulebook.model_dump(exclude={"version"}), "test", now)
    return held


def message(held: Contact) -> dict[str, Any]:
    return record("m1", {"customer_id": "cone", "trigger": held.trigger, "occurrence": held.occurrence})


def test_a_letter_is_made_announced_mailed_and_returned(aws: None) -> None:
    store, now = DynamoCustomerStore("timeline", "profiles"), NOW
    held = reserve(store, "letter", "lease_end_notice", now)
    for _ in range(2):
        assert make_mailing.handle({"Records": [message(held)]}, CONTEXT) == {"batchItemFailures": []}
    queue = os.environ["VENDOR_QUEUE_URL"]
    (announced,) = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = msgspec.json.decode(announced["Body"], type=Announcement)
    listed = client("s3").get_object(Bucket="lake", Key=told.folder + told.manifest)["Body"].read()
    piece = msgspec.json.decode(listed, type=ManifestLine)
    pdf = client("s3").get_object(Bucket="lake", Key=told.folder + piece.file)["Body"].read()
    assert pdf.startswith(b"%PDF")
    assert (piece.piece_id, piece.name, piece.address_zip) == (held.id, "Anna Miller", "02118")
    for word in ("acknowledged", "mailed", "returned", "mailed"):
        status = {
            "schema": "courtesy.status.v1",
            "vendor": told.vendor,
            "mailing_id": told.mailing_id,
            "status": word,
            "at": "2026-03-04T09:00:00Z",
            "pieces": [{"piece_id": piece.piece_id, "code": "unknown_at_address"}],
        }
        assert record_feedback.handle({"Records": [record("s", status)]}, CONTEXT) == {
            "batchItemFailures": []
        }
    past = store.read_profile("cone").profile.contacts[0]
    assert (past.state, past.counts) == (ContactState.RETURNED, True)
    assert list(store.read_profile("cone").profile.closed) == ["letter"]


def test_a_service_mail_is_sent_once_and_bounces(aws: None) -> None:
    store, now = DynamoCustomerStore("timeline", "profiles"), NOW
    held = reserve(store, "email", "lease_end_notice", now)
    for _ in range(2):
        assert send_email.handle({"Records": [message(held)]}, CONTEXT) == {"batchItemFailures": []}
    after = store.read_contact("cone", held.trigger, held.occurrence)
    assert after is not None
    assert after.state is ContactState.SENT
    assert after.provider_id
    event = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "anna@example.com"}],
            "timestamp": "2026-03-04T09:00:00.000Z",
            "feedbackId": "f1",
        },
        "mail": {
            "timestamp": "2026-03-04T08:59:00.000Z",
            "messageId": after.provider_id,
            "tags": {"contact": [held.id], "customer": ["cone"]},
        },
    }
    notification = {"Type": "Notification", "TopicArn": "arn:x", "Message": json.dumps(event)}
    assert record_feedback.handle({"Records": [record("f", notification)]}, CONTEXT) == {
        "batchItemFailures": []
    }
    profile = store.read_profile("cone").profile
    assert profile.contacts[0].state is ContactState.BOUNCED
    assert profile.closed == {"email": [after.address]}
