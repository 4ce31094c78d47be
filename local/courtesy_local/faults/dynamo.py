"""DynamoDB as the adapters use it: conditions, transactions with tokens, queries, batches; one item map per table.

Items stay in wire form (`{"S": ...}`, binary as base64 text). Every committed write is told to `watch`, in order: what
really happened, for the judge.
"""

import re
from collections.abc import Callable
from typing import Any
from zlib import crc32

Item = dict[str, Any]
Key = tuple[str, str]
KEYS = {
    "timeline": ("customer_id", "event_key"),
    "profiles": ("customer_id", ""),
    "rulebooks": ("kind", "name"),
    "identities": ("entry", "member"),
}


BESIDE = ("count", "note")
"""Items of the timeline's table that are no events: counters and notes."""


class Refused(Exception):
    """An error answer: its name on the wire and what goes with it."""

    def __init__(self, code: str, **more: Any) -> None:
        super().__init__(code)
        self.code, self.more = code, more


class Dynamo:
    """The tables of one run."""

    def __init__(self, watch: Callable[[str, Item], None]) -> None:
        self.tables: dict[str, dict[Key, Item]] = {name: {} for name in KEYS}
        self.tokens: set[str] = set()
        self._watch = watch

    def answer(self, operation: str, request: Item) -> Item:
        """The answer of one request. Raises Refused."""
        made: Item = getattr(self, f"_{operation}")(request)
        return made

    def _getitem(self, request: Item) -> Item:
        item = self.tables[request["TableName"]].get(_key(request["TableName"], request["Key"]))
        return {} if item is None else {"Item": item}

    def _putitem(self, request: Item) -> Item:
        held = self._held(request)
        if not _holds(request, held):
            beside = {"Item": held} if held and request.get("ReturnValuesOnConditionCheckFailure") else {}
            raise Refused("ConditionalCheckFailedException", **beside)
        self._write(request["TableName"], request["Item"])
        return {}

    def _updateitem(self, request: Item) -> Item:
        return self._putitem(request | self._counted(request))

    def _transactwriteitems(self, request: Item) -> Item:
        gone = [entry["Delete"] for entry in request["TransactItems"] if "Delete" in entry]
        request = {**request, "TransactItems": [e for e in request["TransactItems"] if "Delete" not in e]}
        token = request.get("ClientRequestToken", "")
        if token and token in self.tokens:
            return {}
        puts = [
            entry["Put"] if "Put" in entry else self._counted(entry["Update"])
            for entry in request["TransactItems"]
        ]
        held = [_holds(put, self._held(put)) for put in puts]
        if not all(held):
            reasons = [{"Code": "None" if ok else "ConditionalCheckFailed"} for ok in held]
            raise Refused("TransactionCanceledException", CancellationReasons=reasons)
        for put in puts:
            self._write(put["TableName"], put["Item"])
        for delete in gone:  # the adapters write none with a condition, and none before a put
            self.tables[delete["TableName"]].pop(_key(delete["TableName"], delete["Key"]), None)
        self.tokens.add(token)
        return {}

    def contended(self, operation: str, request: Item) -> None:
        """Answer as if others were at the same items. Raises Refused."""
        if operation in ("putitem", "updateitem"):
            raise Refused("TransactionConflictException")
        reasons = [{"Code": "TransactionConflict"} for _ in request["TransactItems"]]
        raise Refused("TransactionCanceledException", CancellationReasons=reasons)

    def in_part(self, operation: str, request: Item) -> Item:
        """The answer of a batch of which only the first half is done."""
        [(table, asked)] = request["RequestItems"].items()
        if operation == "batchwriteitem":
            half = len(asked) // 2
            self._batchwriteitem({"RequestItems": {table: asked[:half]}})
            return {"UnprocessedItems": {table: asked[half:]}}
        half = len(asked["Keys"]) // 2
        answer = self._batchgetitem({"RequestItems": {table: {"Keys": asked["Keys"][:half]}}})
        return answer | {"UnprocessedKeys": {table: asked | {"Keys": asked["Keys"][half:]}}}

    def _batchwriteitem(self, request: Item) -> Item:
        for table, entries in request["RequestItems"].items():
            for entry in entries:
                if "PutRequest" in entry:
                    self._write(table, entry["PutRequest"]["Item"])
                else:
                    self.tables[table].pop(_key(table, entry["DeleteRequest"]["Key"]), None)
        return {"UnprocessedItems": {}}

    def _batchgetitem(self, request: Item) -> Item:
        found = {
            table: [item for key in asked["Keys"] if (item := self.tables[table].get(_key(table, key)))]
            for table, asked in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def _query(self, request: Item) -> Item:
        values, table = request["ExpressionAttributeValues"], self.tables[request["TableName"]]
        if request.get("IndexName") == "due":
            shard, until = values[":shard"], values[":until"]["S"]
            items = [i for i in table.values() if i.get("due_shard") == shard and i["due_at"]["S"] <= until]
            items.sort(key=lambda item: str(item["due_at"]["S"]))
            return {"Items": items[: request.get("Limit", 1000)]}
        after = values.get(":after", {"S": ""})["S"]
        [wanted] = [value["S"] for name, value in values.items() if name != ":after"]
        return {
            "Items": [
                item
                for key, item in sorted(table.items())
                if key[0] == wanted and (key[1] > after or not after)
            ]
        }

    def _scan(self, request: Item) -> Item:
        part, parts = request.get("Segment", 0), request.get("TotalSegments", 1)
        return {
            "Items": [
                item
                for key, item in sorted(self.tables[request["TableName"]].items())
                if crc32(key[0].encode()) % parts == part and "merged_into" not in item
            ]
        }

    def _counted(self, update: Item) -> Item:
        """The put that an update of a counter, or of a set of members, amounts to; the adapters write no other update."""
        if "members" in update["UpdateExpression"]:
            return self._joined(update)
        values = update["ExpressionAttributeValues"]
        held = self.tables[update["TableName"]].get(_key(update["TableName"], update["Key"])) or {}
        taken = int(held.get("taken", {"N": "0"})["N"])
        full = ":limit" in values and taken >= int(values[":limit"]["N"])
        after = {**update["Key"], "taken": {"N": str(taken + int(values[":step"]["N"]))}}
        never = {
            "ConditionExpression": "customer_id = :none",
            "ExpressionAttributeValues": {":none": {"S": ""}},
        }
        return {"TableName": update["TableName"], "Item": after, **(never if full else {})}

    def _joined(self, update: Item) -> Item:
        [changed] = (set(value["SS"]) for value in update["ExpressionAttributeValues"].values())
        held = self.tables[update["TableName"]].get(_key(update["TableName"], update["Key"])) or {}
        members = set(held.get("members", {"SS": []})["SS"])
        members = members | changed if update["UpdateExpression"].startswith("ADD") else members - changed
        after = {**update["Key"], **({"members": {"SS": sorted(members)}} if members else {})}
        return {"TableName": update["TableName"], "Item": after}

    def _held(self, put: Item) -> Item | None:
        return self.tables[put["TableName"]].get(_key(put["TableName"], put["Item"]))

    def _write(self, table: str, item: Item) -> None:
        self.tables[table][_key(table, item)] = item
        if item.get("event_key", {}).get("S") not in BESIDE:
            self._watch(table, item)


def _key(table: str, item: Item) -> Key:
    first, second = KEYS[table]
    return (item[first]["S"], item[second]["S"] if second else "")


_TERM = re.compile(r"attribute_not_exists\s*\((?P<absent>[^)]+)\)|(?P<name>#?\w+)\s*=\s*(?P<value>:\w+)")


def _holds(put: Item, held: Item | None) -> bool:
    """Whether a condition of terms joined by AND holds; the adapters write no other."""
    condition = put.get("ConditionExpression", "")
    names, values = put.get("ExpressionAttributeNames", {}), put.get("ExpressionAttributeValues", {})
    rest = re.sub(r"AND|[()\s]", "", _TERM.sub("", condition))
    if rest:
        raise ValueError(f"the stand-in does not know this condition: {condition}")
    for term in _TERM.finditer(condition):
        if term["absent"]:
            name = names.get(term["absent"].strip(), term["absent"].strip())
            if held is not None and name in held:
                return False
        elif held is None or held.get(names.get(term["name"], term["name"])) != values[term["value"]]:
            return False
    return True
