"""The `answers` table: what the API answered to a write that carried an idempotency key, for a day; and who asked how often.

caller_key   keyed by caller and key, as a keyed hash; neither can be read from it
request      a keyed hash of method, path and body, so that a key is not taken for another request
answer       the answer as JSON; empty while the request is being carried out
taken_until  until when whoever took the key is left alone with it; epoch seconds
expires      when DynamoDB may remove the item; epoch seconds

`about#<customer_id>` names in `answers` the keys of the answers that name the customer, so that an erasure finds them. `rate#<hash>` has
in `asked` how often a caller asked a route within a minute.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError

from courtesy_aws.session import client
from courtesy_aws.tables.requests import asking, code, write_batches

KEPT = timedelta(days=1)
LEASE = timedelta(seconds=30)
"""How long a request may take, as the gateway has it; afterwards its key may be taken over."""


class Held(NamedTuple):
    """What the table has under a key. `answer`: empty while somebody else is at it."""

    request: str
    answer: str


class DynamoAnswers:
    """Answers by key. Taking a key is one conditional write, so of two requests at once only one is carried out."""

    def __init__(self, table_name: str) -> None:
        self._name = table_name
        self._dynamo = client("dynamodb")

    def __repr__(self) -> str:
        return f"DynamoAnswers({self._name!r})"

    def take(self, key: str, request: str, now: datetime) -> Held | None:
        """Take the key for this request; None where that worked, else what stands under it."""
        try:
            with asking(f"writing to {self._name}"):
                self._dynamo.put_item(
                    TableName=self._name,
                    Item=_item(key, request, "", _until(now + LEASE), now),
                    ConditionExpression="attribute_not_exists(caller_key) OR expires < :now"
                    " OR (answer = :none AND taken_until < :now AND #request = :request)",
                    ExpressionAttributeNames={"#request": "request"},
                    ExpressionAttributeValues={
                        ":now": _until(now),
                        ":none": {"S": ""},
                        ":request": {"S": request},
                    },
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            item = self._read(key)
            return Held(item["request"]["S"], item["answer"]["S"]) if item else Held(request, "")
        return None

    def keep(self, key: str, request: str, answer: str, about: Collection[str], now: datetime) -> None:
        """Store the answer under a key that was taken, filed under the customers whom it is about."""
        # First, so that there is never an answer that an erasure would not find.
        for customer_id in sorted(about):
            with asking(f"writing to {self._name}"):
                self._dynamo.update_item(
                    TableName=self._name,
                    Key={"caller_key": {"S": f"about#{customer_id}"}},
                    UpdateExpression="ADD answers :key SET expires = :expires",
                    ExpressionAttributeValues={":key": {"SS": [key]}, ":expires": _until(now + KEPT)},
                )
        self._put(key, request, answer, now)

    def forget(self, customer_ids: Collection[str]) -> None:
        """Remove all answers about these customers."""
        for customer_id in sorted(set(customer_ids)):
            filed = f"about#{customer_id}"
            held = self._read(filed)
            if held:
                gone = [*held["answers"]["SS"], filed]
                requests = [{"DeleteRequest": {"Key": {"caller_key": {"S": key}}}} for key in gone]
                write_batches(self._dynamo, self._name, requests)

    def count(self, who: str, limit: int, now: datetime) -> bool:
        """Count a request within its minute; False where `limit` were made already. Exact, whoever else counts meanwhile."""
        minute = int(now.timestamp()) // 60
        try:
            with asking(f"writing to {self._name}"):
                self._dynamo.update_item(
                    TableName=self._name,
                    Key={"caller_key": {"S": f"rate#{who}#{minute}"}},
                    UpdateExpression="ADD asked :one SET expires = :expires",
                    ConditionExpression="attribute_not_exists(asked) OR asked < :limit",
                    ExpressionAttributeValues={
                        ":one": {"N": "1"},
                        ":limit": {"N": str(limit)},
                        ":expires": _until(now + timedelta(minutes=5)),
                    },
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def release(self, key: str, request: str, now: datetime) -> None:
        """Give a key back whose request failed, so that it can be sent again."""
        self._put(key, request, "", now)

    def _put(self, key: str, request: str, answer: str, now: datetime) -> None:
        with asking(f"writing to {self._name}"):
            self._dynamo.put_item(TableName=self._name, Item=_item(key, request, answer, {"N": "0"}, now))

    def _read(self, key: str) -> dict[str, dict[str, str]]:
        with asking(f"reading from {self._name}"):
            found = self._dynamo.get_item(
                TableName=self._name, Key={"caller_key": {"S": key}}, ConsistentRead=True
            )
        item: dict[str, dict[str, str]] = found.get("Item", {})  # type: ignore[assignment]
        return item


def _item(
    key: str, request: str, answer: str, taken_until: dict[str, str], now: datetime
) -> dict[str, dict[str, str]]:
    return {
        "caller_key": {"S": key},
        "request": {"S": request},
        "answer": {"S": answer},
        "taken_until": taken_until,
        "expires": _until(now + KEPT),
    }


def _until(when: datetime) -> dict[str, str]:
    return {"N": str(int(when.timestamp()))}
