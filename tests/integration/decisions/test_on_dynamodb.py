"""A contact's life through the real adapters on moto, with its requests counted."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto import mock_aws

from courtesy.decisions.claim import Claimed, NotClaimed, claim
from courtesy.decisions.decision import Candidate
from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import LEASE, release
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import record_sent
from courtesy.privacy.withdraw import withdraw
from courtesy.timeline.fold import fold
from courtesy.timeline.refold import refold
from courtesy_aws.customers import DynamoCustomerStore
from courtesy_aws.session import client, forget_clients
from tests.contract.conftest import make_table
from tests.fakes.queue import InMemoryQueue
from tests.unit.decisions.people import KEY, person_record, rulebook, trigger

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[DynamoCustomerStore]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    forget_clients()
    with mock_aws():
        make_table("timeline", "customer_id", "event_key", due=True)
        make_table("profiles", "customer_id")
        made = DynamoCustomerStore("timeline", "profiles")
        made.append("c1", [person_record()])
        refold(made, "c1")
        yield made
    forget_clients()


@pytest.fixture
def requests(store: DynamoCustomerStore) -> Counter[str]:
    counted: Counter[str] = Counter()

    def note(model: Any, **_: object) -> None:
        counted[model.name] += 1

    client("dynamodb").meta.events.register("before-call.dynamodb", note)
    return counted


def equal_to_fold(store: DynamoCustomerStore) -> bool:
    return store.read_profile("c1").profile == fold("c1", store.read_timeline("c1"))


def test_a_reservation_is_one_transaction(store: DynamoCustomerStore, requests: Counter[str]) -> None:
    book = rulebook()
    stored = store.read_profiles(["c1"])["c1"]
    requests.clear()
    reserve(
        store, "c1", stored, [Candidate("offer", "once", NOW + timedelta(days=9))], policy_of(book), NOW, KEY
    )
    assert requests == {"TransactWriteItems": 1}
    assert equal_to_fold(store)


def test_from_reservation_to_sent(store: DynamoCustomerStore) -> None:
    book, queue = rulebook(), InMemoryQueue()
    candidate = Candidate("offer", "once", NOW + timedelta(days=9))
    reserve(store, "c1", None, [candidate], policy_of(book), NOW, KEY)
    queues = {"email": queue}
    assert release(store, queues, policy_of(book), NOW).queued == {"email": 1}
    assert release(store, queues, policy_of(book), NOW).queued == {}
    assert release(store, queues, policy_of(book), NOW + LEASE).queued == {"email": 1}
    outcome = claim(store, "c1", "offer", "once", book, NOW + LEASE, "mine", hash_key=KEY)
    assert isinstance(outcome, Claimed)
    assert record_sent(store, "c1", outcome.contact, "ses-1", NOW + LEASE) == "recorded"
    assert release(store, queues, policy_of(book), NOW + timedelta(days=2)).queued == {}
    assert equal_to_fold(store)


def test_a_withdrawal_blocks_what_waits(store: DynamoCustomerStore) -> None:
    book = rulebook(trigger("a"), trigger("b", channels=["letter"]))
    candidates = [Candidate(name, "once", NOW + timedelta(days=9)) for name in ("a", "b")]
    reserve(store, "c1", None, candidates, policy_of(book), NOW, KEY)
    withdraw(store, "c1", "*", "*", "*", NOW, "test")
    assert equal_to_fold(store)
    for name in ("a", "b"):
        assert isinstance(claim(store, "c1", name, "once", book, NOW, "x"), NotClaimed)
    assert release(store, {"email": InMemoryQueue()}, policy_of(book), NOW).queued == {}
