"""A turn that only one run of a function has at a time: one item in the `answers` table, taken by a conditional write."""

from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from courtesy_aws.session import client
from courtesy_aws.tables.requests import asking, code


class DynamoLease:
    """The turn of this name. A run that died loses it when its time is over."""

    def __init__(self, table_name: str, name: str) -> None:
        self._table, self._name = table_name, f"turn/{name}"
        self._dynamo = client("dynamodb")

    def __repr__(self) -> str:
        return f"DynamoLease({self._table!r}, {self._name!r})"

    def take(self, now: datetime, lasting: timedelta) -> bool:
        """Whether the turn is ours now; false while another run has it. Raises OutsideFailed."""
        seconds = int(now.timestamp())
        try:
            with asking(f"writing to {self._table}"):
                self._dynamo.put_item(
                    TableName=self._table,
                    Item={
                        "caller_key": {"S": self._name},
                        "taken_until": {"N": str(seconds + int(lasting.total_seconds()))},
                    },
                    ConditionExpression="attribute_not_exists(caller_key) OR taken_until < :now",
                    ExpressionAttributeValues={":now": {"N": str(seconds)}},
                )
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def give_back(self) -> None:
        """End the turn before its time. Raises OutsideFailed."""
        with asking(f"writing to {self._table}"):
            self._dynamo.put_item(
                TableName=self._table,
                Item={"caller_key": {"S": self._name}, "taken_until": {"N": "0"}},
            )
