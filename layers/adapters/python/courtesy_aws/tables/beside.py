"""What a transaction writes beside a customer's own items, in the `timeline` table under names that no customer has.

customer_id                      event_key   holds
offer/<id>#<shard>, budget/...   count       `taken`: units out
household/<hash>, code/<code>    note        a small document, and its version where writers name it
"""

from courtesy.ports import Beside, Note, Take
from courtesy_aws.tables.requests import Item

COUNTER = "count"
NOTE = "note"


def beside_item(table: str, one: Beside) -> Item:
    """The entry of a transaction that writes it, with its condition."""
    if isinstance(one, Note):
        return {"Put": _note(table, one)}
    taking = isinstance(one, Take)
    update: Item = {
        "TableName": table,
        "Key": {"customer_id": {"S": one.counter}, "event_key": {"S": COUNTER}},
        "UpdateExpression": "ADD taken :step",
        "ExpressionAttributeValues": {":step": {"N": "1" if taking else "-1"}},
    }
    if isinstance(one, Take):
        absent = "attribute_not_exists(taken) OR " if one.limit > 0 else ""
        update["ConditionExpression"] = f"{absent}taken < :limit"
        update["ExpressionAttributeValues"][":limit"] = {"N": str(one.limit)}
    return {"Update": update}


def _note(table: str, note: Note) -> Item:
    item: Item = {
        "customer_id": {"S": note.name},
        "event_key": {"S": NOTE},
        "document": {"B": note.document},
    }
    put: Item = {"TableName": table, "Item": item}
    if note.version is not None:
        item["version"] = {"N": str(note.version + 1)}
        if note.version:
            put["ConditionExpression"] = "#version = :version"
            put["ExpressionAttributeNames"] = {"#version": "version"}
            put["ExpressionAttributeValues"] = {":version": {"N": str(note.version)}}
        else:
            put["ConditionExpression"] = "attribute_not_exists(customer_id)"
    return put
