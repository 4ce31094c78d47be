"""`messages.ports.BlockStore` on the `rulebooks` table: one item per dealer, kind `blocks`, and the senders' memory of it."""

import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from courtesy.errors import OutsideFailed
from courtesy.messages.blocks import DealerBlocks
from courtesy.messages.ports import BlockStore
from courtesy.messages.rules import DealerBlock
from courtesy.outcomes import Commit
from courtesy_aws.clock import now
from courtesy_aws.session import client
from courtesy_aws.tables.requests import asking, code, pages

KIND = "blocks"
LOOK_AGAIN = timedelta(seconds=60)
"""An approval or withdrawal is seen by all senders after at most a minute."""


class DynamoBlockStore:
    """Dealers' blocks, each dealer's as one compressed document with a version."""

    def __init__(self, table_name: str) -> None:
        self._name = table_name
        self._dynamo = client("dynamodb")

    def __repr__(self) -> str:
        return f"DynamoBlockStore({self._name!r})"

    def read(self, dealer: str) -> tuple[DealerBlocks, int]:
        """See `BlockStore`. Raises OutsideFailed."""
        with asking(f"reading from {self._name}"):
            found: Any = self._dynamo.get_item(
                TableName=self._name, Key={"kind": {"S": KIND}, "name": {"S": dealer}}, ConsistentRead=True
            )
        item = found.get("Item")
        return (DealerBlocks(dealer), 0) if item is None else (_decode(item), int(item["version"]["N"]))

    def write(self, blocks: DealerBlocks, version: int) -> Commit:
        """See `BlockStore`. Raises OutsideFailed."""
        item: Any = {
            "kind": {"S": KIND},
            "name": {"S": blocks.dealer},
            "version": {"N": str(version + 1)},
            "document": {"B": zlib.compress(msgspec.json.encode(blocks), 6)},
        }
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(kind)"}
        if version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        try:
            with asking(f"writing to {self._name}"):
                self._dynamo.put_item(TableName=self._name, Item=item, **condition)
        except ClientError as error:
            if code(error) == "ConditionalCheckFailedException":
                return "conflict"
            raise
        return "committed"

    def every(self) -> list[DealerBlocks]:
        """See `BlockStore`. Raises OutsideFailed."""
        request = {
            "TableName": self._name,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": KIND}},
            "ConsistentRead": True,
        }
        return [_decode(item) for item in pages(self._dynamo.query, f"reading from {self._name}", request)]


class RememberedBlocks:
    """Approved blocks for rendering: each dealer's are read again after a minute; what was read stays where that fails."""

    def __init__(self, store: BlockStore, clock: Callable[[], datetime] = now) -> None:
        self._store, self._clock = store, clock
        self._held: dict[str, tuple[datetime, list[DealerBlock]]] = {}

    def __call__(self, dealer: str) -> list[DealerBlock]:
        """The dealer's approved blocks. Raises OutsideFailed where they were never read and cannot be."""
        now = self._clock()
        held = self._held.get(dealer)
        if held is None or now - held[0] >= LOOK_AGAIN:
            try:
                held = (now, self._store.read(dealer)[0].in_force())
            except OutsideFailed:
                if held is None:
                    raise
            self._held[dealer] = held
        return held[1]


def _decode(item: Any) -> DealerBlocks:
    return msgspec.json.decode(zlib.decompress(item["document"]["B"]), type=DealerBlocks)
