"""`rulebook.ports.DraftStore` on the `rulebooks` table: one item per draft, its texts compressed.

kind   name   revision        about                             document
draft  <id>   its changes     the draft without its files       the files
"""

import zlib
from collections.abc import Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError
from msgspec.structs import replace

from courtesy.errors import NotFound, RefusedRule, Stale
from courtesy.rulebook.drafts import Draft
from courtesy_aws.session import client
from courtesy_aws.tables.requests import Item, asking, code, pages

LARGEST = 380 * 1024
"""Bytes of a draft's compressed texts: one item of DynamoDB, some 3 MB of YAML."""
_KIND = "draft"


class DynamoDraftStore:
    """Drafts. Each write is on condition of the revision before, so nobody's change is lost unseen."""

    def __init__(self, table_name: str) -> None:
        self._name = table_name
        self._dynamo = client("dynamodb")

    def __repr__(self) -> str:
        return f"DynamoDraftStore({self._name!r})"

    def read(self, draft_id: str) -> Draft:
        """See `rulebook.ports.DraftStore`."""
        with asking(f"reading from {self._name}"):
            found: Any = self._dynamo.get_item(TableName=self._name, Key=_key(draft_id), ConsistentRead=True)
        item: Item | None = found.get("Item")
        if item is None:
            raise NotFound(f"there is no draft {draft_id!r}; GET /rulebook/drafts lists them")
        files = msgspec.json.decode(zlib.decompress(item["document"]["B"]), type=dict[str, str])
        return replace(_about(item), files=files)

    def write(self, draft: Draft) -> None:
        """See `rulebook.ports.DraftStore`."""
        try:
            with asking(f"writing to {self._name}"):
                self._dynamo.put_item(**self._put(draft))
        except ClientError as error:
            if code(error) != "ConditionalCheckFailedException":
                raise
            raise Stale("the draft was changed by somebody else meanwhile; look at it again") from error

    def all(self) -> Sequence[Draft]:
        """See `rulebook.ports.DraftStore`."""
        request = {
            "TableName": self._name,
            "KeyConditionExpression": "kind = :kind",
            "ExpressionAttributeValues": {":kind": {"S": _KIND}},
            "ProjectionExpression": "about",
            "ConsistentRead": True,
        }
        drafts = [_about(item) for item in pages(self._dynamo.query, f"reading from {self._name}", request)]
        return sorted(drafts, key=lambda draft: (draft.changed_at, draft.draft_id), reverse=True)

    def settling(self, draft: Draft) -> Any:
        """See `rulebook.ports.DraftStore`: the entry of a transaction."""
        return {"Put": self._put(draft)}

    def _put(self, draft: Draft) -> Item:
        packed = zlib.compress(msgspec.json.encode(draft.files), 9)
        if len(packed) > LARGEST:
            raise RefusedRule(
                f"the draft is {len(packed) // 1024} KB compressed; {LARGEST // 1024} KB are the limit"
            )
        first = draft.revision == 1
        request: Item = {
            "TableName": self._name,
            "Item": {
                **_key(draft.draft_id),
                "version": {"N": str(draft.base)},
                "revision": {"N": str(draft.revision)},
                "about": {"S": msgspec.json.encode(replace(draft, files={})).decode()},
                "document": {"B": packed},
            },
            "ConditionExpression": "attribute_not_exists(revision)" if first else "revision = :before",
        }
        if not first:
            request["ExpressionAttributeValues"] = {":before": {"N": str(draft.revision - 1)}}
        return request


def _key(draft_id: str) -> Item:
    return {"kind": {"S": _KIND}, "name": {"S": draft_id}}


def _about(item: Item) -> Draft:
    return msgspec.json.decode(item["about"]["S"], type=Draft)
