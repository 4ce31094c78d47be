"""`identity.ports.IdentityIndex` on the table `identities`.

Reads come in batches, 100 to a BatchGetItem. Conditional writes and additions to sets go one by one while they are few, as
changed records make them; a first load's go 100 to a TransactWriteItems, which is taken for its size and not for atomicity:
when DynamoDB cancels one because of some items, the others are sent again. A transaction takes two write units per KB instead of
one, and saves 99 of 100 requests.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any

from botocore.exceptions import ClientError
from msgspec.structs import replace

from courtesy.errors import OutsideFailed
from courtesy.identity.record import IndexedRecord, PossibleMatch
from courtesy_aws.session import client
from courtesy_aws.tables.identities import (
    MATCH_SHARDS,
    item_key,
    match_in,
    match_item,
    match_key,
    record_in,
    record_item,
    record_key,
)
from courtesy_aws.tables.requests import (
    READ_BATCH,
    ROUNDS,
    TRANSACTION,
    Item,
    Pause,
    asking,
    at_once,
    batches,
    code,
    pages,
    read_batches,
    write_batches,
)

ALONE_UP_TO = 500
"""So many writes at a time go one by one: half the write units, and with ten at a time under a second."""

_BUSY = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"})
_REFUSED = "ConditionalCheckFailed"


class DynamoIdentityIndex:
    """The identity index in DynamoDB. Safe to share between threads.

    threads: batches under way at a time; botocore keeps ten connections
    """

    def __init__(self, table: str, *, pause: Pause = time.sleep, threads: int = 1) -> None:
        self._table, self._pause, self._threads = table, pause, threads
        self._dynamo = client("dynamodb")

    def __repr__(self) -> str:
        return f"DynamoIdentityIndex({self._table!r})"

    def read_records(self, subjects: Iterable[str]) -> dict[str, IndexedRecord]:
        """See the port. Half a read unit per 4 KB doubled for consistency."""
        keys = [record_key(subject) for subject in dict.fromkeys(subjects)]
        found = self._read(keys, "document")
        return {record.subject: record for record in map(record_in, found)}

    def write_records(self, records: Sequence[IndexedRecord]) -> set[str]:
        """See the port."""
        writes = []
        for record in records:
            put = {
                "TableName": self._table,
                "Item": record_item(replace(record, revision=record.revision + 1)),
                "ConditionExpression": "revision = :held"
                if record.revision
                else "attribute_not_exists(revision)",
            }
            if record.revision:
                put["ExpressionAttributeValues"] = {":held": {"N": str(record.revision)}}
            writes.append((record.subject, {"Put": put}))
        return self._write(writes)

    def delete_records(self, subjects: Collection[str]) -> None:
        """See the port."""
        deletes = [{"DeleteRequest": {"Key": record_key(subject)}} for subject in dict.fromkeys(subjects)]
        write_batches(self._dynamo, self._table, deletes, self._pause)

    def read_members(self, entries: Iterable[str]) -> dict[str, frozenset[str]]:
        """See the port."""
        keys = [item_key(entry) for entry in dict.fromkeys(entries)]
        found = self._read(keys, "entry members")
        return {item["entry"]["S"]: frozenset(item["members"]["SS"]) for item in found if "members" in item}

    def add_members(self, members: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        self._change("ADD", members)

    def remove_members(self, members: Mapping[str, Collection[str]]) -> None:
        """See the port."""
        self._change("DELETE", members)

    def put_matches(self, matches: Sequence[PossibleMatch]) -> None:
        """See the port."""
        unique = {match.id: match for match in matches}
        puts = [{"PutRequest": {"Item": match_item(match)}} for match in unique.values()]
        write_batches(self._dynamo, self._table, puts, self._pause)

    def list_matches(self, limit: int, after: str = "") -> list[PossibleMatch]:
        """See the port. One query per shard."""
        found: list[PossibleMatch] = []
        for shard in MATCH_SHARDS:
            request: Item = {
                "TableName": self._table,
                "KeyConditionExpression": "entry = :entry" + (" AND #member > :after" if after else ""),
                "ExpressionAttributeValues": {":entry": {"S": f"possible#{shard}"}},
                "Limit": limit,
            }
            if after:
                request["ExpressionAttributeValues"][":after"] = {"S": after}
                request["ExpressionAttributeNames"] = {"#member": "member"}
            items = pages(self._dynamo.query, f"reading from {self._table}", request)
            found += map(match_in, islice(items, limit))
        return sorted(found, key=lambda match: match.id)[:limit]

    def read_match(self, match_id: str) -> PossibleMatch | None:
        """See the port."""
        with asking(f"reading from {self._table}"):
            item = self._dynamo.get_item(
                TableName=self._table, Key=match_key(match_id), ConsistentRead=True
            ).get("Item")
        return None if item is None else match_in(item)

    def delete_matches(self, match_ids: Collection[str]) -> None:
        """See the port."""
        deletes = [{"DeleteRequest": {"Key": match_key(id_)}} for id_ in dict.fromkeys(match_ids)]
        write_batches(self._dynamo, self._table, deletes, self._pause)

    def _read(self, keys: Sequence[Item], fields: str) -> Iterator[Item]:
        def asked(batch: Sequence[Item]) -> list[Item]:
            return list(read_batches(self._dynamo, self._table, batch, fields, self._pause))

        return chain.from_iterable(at_once(asked, list(batches(keys, READ_BATCH)), self._threads))

    def _change(self, how: str, members: Mapping[str, Collection[str]]) -> None:
        writes = [
            (
                entry,
                {
                    "Update": {
                        "TableName": self._table,
                        "Key": item_key(entry),
                        "UpdateExpression": f"{how} members :members",
                        "ExpressionAttributeValues": {":members": {"SS": sorted(changed)}},
                    }
                },
            )
            for entry, changed in members.items()
            if changed
        ]
        self._write(writes)

    def _write(self, writes: Sequence[tuple[str, Any]]) -> set[str]:
        """Writes to different items; the names of those whose condition did not hold. All others are done."""
        if len(writes) <= ALONE_UP_TO:
            return set().union(*at_once(self._write_alone, writes, self._threads))
        return set().union(*at_once(self._write_batch, list(batches(writes, TRANSACTION)), self._threads))

    def _write_alone(self, write: tuple[str, Any]) -> set[str]:
        name, ((how, request),) = write[0], write[1].items()
        ask = self._dynamo.put_item if how == "Put" else self._dynamo.update_item
        for attempt in range(ROUNDS):
            try:
                with asking(f"writing to {self._table}"):
                    ask(**request)
            except ClientError as error:
                if code(error) == "ConditionalCheckFailedException":
                    return {name}
                if code(error) != "TransactionConflictException":
                    raise
                self._pause(0.05 * 2**attempt)
            else:
                return set()
        raise OutsideFailed(f"writing to {self._table}: an item stayed busy")

    def _write_batch(self, batch: Sequence[tuple[str, Any]]) -> set[str]:
        refused: set[str] = set()
        left = list(batch)
        for attempt in range(ROUNDS):
            failed = self._transact([write for _, write in left])
            if failed is None:
                return refused
            told = list(zip(left, failed, strict=True))
            refused |= {name for (name, _), reason in told if reason == _REFUSED}
            left = [write for write, reason in told if reason != _REFUSED]
            if not left:
                return refused
            if any(reason in _BUSY for reason in failed):
                self._pause(0.05 * 2**attempt)
        raise OutsideFailed(f"writing to {self._table}: {len(left)} items stayed busy")

    def _transact(self, writes: list[Any]) -> list[str] | None:
        """None where all are written, else each one's reason; nothing is written then."""
        try:
            with asking(f"writing to {self._table}"):
                self._dynamo.transact_write_items(TransactItems=writes)
        except ClientError as error:
            if code(error) == "TransactionConflictException":
                return ["TransactionConflict"] * len(writes)
            if code(error) != "TransactionCanceledException":
                raise
            reasons = [reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])]
            if len(reasons) != len(writes) or not ({_REFUSED} | _BUSY) & set(reasons):
                raise
            return reasons
        return None
