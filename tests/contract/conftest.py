"""Each port's contract runs against its fake and against the real adapter on moto."""

import os
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

import pytest
from moto import mock_aws
from moto.core.botocore_stubber import BotocoreStubber

from courtesy_aws.session import client, forget_clients


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty account in process; no request leaves it."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")  # the stand-in takes any
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(BotocoreStubber, "__call__", _one_at_a_time(BotocoreStubber.__call__))
    forget_clients()
    with mock_aws():
        yield
    forget_clients()


def _one_at_a_time(answer: Callable[..., Any]) -> Callable[..., Any]:
    """moto's stand-in for the service, made to answer one request after the other.

    DynamoDB's transactions are serialisable. moto takes a failed one back by putting a copy of the whole table in the
    table's place, so that whatever another thread wrote meanwhile is gone. Clients still race between their requests.
    """
    turn = Lock()

    def answer_alone(stubber: BotocoreStubber, *args: Any, **kwargs: Any) -> Any:
        with turn:
            return answer(stubber, *args, **kwargs)

    return answer_alone


def make_table(name: str, hash_key: str, range_key: str = "", due: bool = False) -> None:
    """A table with text keys; with `due`, the sparse index of the timeline."""
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    if range_key:
        keys.append({"AttributeName": range_key, "KeyType": "RANGE"})
    fields = [key["AttributeName"] for key in keys] + (["due_shard", "due_at"] if due else [])
    index = {
        "IndexName": "due",
        "KeySchema": [
            {"AttributeName": "due_shard", "KeyType": "HASH"},
            {"AttributeName": "due_at", "KeyType": "RANGE"},
        ],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    client("dynamodb").create_table(
        TableName=name,
        KeySchema=keys,  # type: ignore[arg-type]
        AttributeDefinitions=[{"AttributeName": field, "AttributeType": "S"} for field in fields],
        BillingMode="PAY_PER_REQUEST",
        **({"GlobalSecondaryIndexes": [index]} if due else {}),  # type: ignore[arg-type]
    )
