"""The `answers` table: what the API answered to a write that carried an idempotency key, for a day.

caller_key   keyed by caller and key, as a hash; neither can be read from it
request      a hash of method, path and body, so that a key is not taken for another request
answer       the answer as JSON; empty while the request is being carried out
taken_until  until when whoever took the key is left alone with it; epoch seconds
expires      when DynamoDB may remove the item; epoch seconds
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from botocore.exceptions import ClientError

from courtesy_aws.session import client
from courtesy_aws.tables.requests import asking, code

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
        seconds = int(now.timestamp())
        try:
            with asking(f"writing to {self._name}"):
                self._dynamo.put_item(
                    TableName=self._name,
                    Item={
                        "caller_key": {"S": key},
                        "request": {"S": request},
                        "answer": {"S": ""},
                        "taken_until": {"N": str(seconds + int(LEASE.total_seconds()))},
                        "expires": {"N": str(seconds + int(KEPT.total_seconds()))},
                    },
                    ConditionExpression="attribute_not_exists(caller_key) OR expires < :now"
                    " OR (answer = :none AND taken_until < :now AND #request = :request)",
                    ExpressionAttributeNames={"#request": "request"},
                    ExpressionAttributeValues={
                        ":now": {"N": str(seconds)},
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

    def keep(self, key: str, request: str, answer: str, now: datetime) -> None:
        """Store the answer under a key that was taken."""
        self._put(key, request, answer, now)

    def release(self, key: str, request: str, now: datetime) -> None:
        """Give a key back whose request failed, so that it can be sent again."""
        self._put(key, request, "", now)

    def _put(self, key: str, request: str, answer: str, now: datetime) -> None:
        with asking(f"writing to {self._name}"):
            self._dynamo.put_item(
                TableName=self._name,
                Item={
                    "caller_key": {"S": key},
                    "request": {"S": request},
                    "answer": {"S": answer},
                    "taken_until": {"N": "0"},
                    "expires": {"N": str(int((now + KEPT).timestamp()))},
                },
            )

    def _read(self, key: str) -> dict[str, dict[str, str]]:
        with asking(f"reading from {self._name}"):
            found = self._dynamo.get_item(
                TableName=self._name, Key={"caller_key": {"S": key}}, ConsistentRead=True
            )
        item: dict[str, dict[str, str]] = found.get("Item", {})  # type: ignore[assignment]
        return item
