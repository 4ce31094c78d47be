"""A turn is one run's at a time, on the table itself."""

from datetime import UTC, datetime, timedelta

import pytest

from courtesy_aws.session import client
from courtesy_aws.tables.lease import DynamoLease

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LONG = timedelta(minutes=16)


@pytest.fixture
def table(aws: None) -> str:
    client("dynamodb").create_table(
        TableName="answers",
        KeySchema=[{"AttributeName": "caller_key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "caller_key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return "answers"


def test_a_turn_is_one_runs_until_it_is_given_back_or_over(table: str) -> None:
    one, other, elsewhere = DynamoLease(table, "erase"), DynamoLease(table, "erase"), DynamoLease(table, "x")
    assert one.take(NOW, LONG)
    assert not other.take(NOW + timedelta(minutes=15), LONG)
    assert elsewhere.take(NOW, LONG)
    one.give_back()
    assert other.take(NOW + timedelta(minutes=15), LONG)
    assert not one.take(NOW + timedelta(minutes=16), LONG)
    assert one.take(NOW + timedelta(minutes=32), LONG)


def test_a_table_that_is_not_there_is_an_error(aws: None) -> None:
    with pytest.raises(Exception, match="ResourceNotFound"):
        DynamoLease("nowhere", "erase").take(NOW, LONG)
