"""The `rulebooks` table and `ports.RulebookStore` on it: published versions, never changed, and the pointer to the latest.

    kind        name             holds
    published   00000003         who, when, in how many pieces, the first piece
    published   00000003#0001    a further piece, where the compressed rulebook is larger than one
    files       00000003         the texts that it was made of, in pieces likewise; some versions have none
    current     rulebook         the number of the version in force
    draft       <id>             see `tables.drafts`

Rolling back publishes the old sections as a new version, so numbers only grow and the history stays whole.
"""

import zlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import orjson
from botocore.exceptions import ClientError
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from courtesy.errors import Conflict, NotFound, OutsideFailed, RefusedRule
from courtesy.ports import RulebookStore
from courtesy.rulebook.files import files_of
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.stored import read_stored
from courtesy.rulebook.versions import Published, encode_rulebook, make_rulebook
from courtesy_aws.clock import now
from courtesy_aws.session import client
from courtesy_aws.tables.requests import Item, asking, code, pages

PIECE = 350 * 1024
PIECES = 10
"""A transaction takes 4 MB, so a rulebook takes 3.5 MB compressed: some 20 MB of rules."""
LOOK_AGAIN = timedelta(seconds=5)
"""How long workers go on with the version that they saw last."""
AT_ONCE = timedelta(0)
"""The pointer is read each time: whoever publishes and then looks, starts a cycle or drops a file of a new source finds what
was published."""

_Made = TypeVar("_Made")


class RulebookItem(Model):
    """One piece of a published version, or the pointer."""

    class Meta:
        table_name = ""
        billing_mode = "PAY_PER_REQUEST"

    kind = UnicodeAttribute(hash_key=True)
    name = UnicodeAttribute(range_key=True)
    version = NumberAttribute()
    pieces = NumberAttribute(null=True)
    published_by = UnicodeAttribute(null=True)
    published_at = UnicodeAttribute(null=True)
    document = BinaryAttribute(null=True, legacy_encoding=False)


def rulebooks_table(name: str) -> type[RulebookItem]:
    """The model bound to a table's name, which is known only where it is deployed."""
    meta = type("Meta", (RulebookItem.Meta,), {"table_name": name})
    return type("RulebookItem", (RulebookItem,), {"Meta": meta})


class DynamoRulebookStore:
    """Published rulebooks. A version is read once per process; the pointer is read again after `look_again`."""

    def __init__(
        self,
        table_name: str,
        *,
        clock: Callable[[], datetime] = now,
        look_again: timedelta = LOOK_AGAIN,
    ) -> None:
        self._look_again = look_again
        self._name, self._table = table_name, rulebooks_table(table_name)
        self._clock = clock
        self._dynamo = client("dynamodb")
        self._read: dict[int, Rulebook] = {}
        self._pointer: tuple[datetime, int] | None = None

    def __repr__(self) -> str:
        return f"DynamoRulebookStore({self._name!r})"

    def current(self) -> Rulebook:
        """See `ports.RulebookStore`. A publication is seen after at most `look_again`."""
        return self.version(self.in_force())

    def in_force(self) -> int:
        """See `ports.RulebookStore`."""
        now = self._clock()
        if self._pointer is None or not timedelta(0) <= now - self._pointer[0] < self._look_again:
            self._pointer = (now, self._latest())
        if self._pointer[1] == 0:
            self._pointer = None
            raise NotFound("no rulebook is published yet; publish one with `courtesy rulebook publish`")
        return self._pointer[1]

    def version(self, number: int) -> Rulebook:
        """See `ports.RulebookStore`."""
        if number not in self._read:
            self._read[number] = self._load(number)
        return self._read[number]

    def publish(
        self,
        sections: Mapping[str, object],
        by: str,
        at: datetime,
        *,
        files: Mapping[str, str] | None = None,
        beside: Any = None,
    ) -> Rulebook:
        """See `ports.RulebookStore`. One transaction: the pieces, none of which may exist, the pointer as it was read, and
        `beside`, an entry of a transaction."""
        latest = self._latest()
        rulebook = make_rulebook(sections, latest + 1)
        pieces = _pieces(encode_rulebook(rulebook))
        texts = [] if files is None else _pieces(orjson.dumps(dict(files)))
        if len(pieces) + len(texts) > PIECES:
            raise RefusedRule(
                f"the rulebook is larger than {PIECES * PIECE // 1024} KB compressed, which is the limit"
            )
        puts = [self._piece("published", rulebook.version, n, piece) for n, piece in enumerate(pieces)]
        puts[0].pieces, puts[0].published_by, puts[0].published_at = (
            len(pieces),
            by,
            at.astimezone(UTC).isoformat(),
        )
        written = [self._piece("files", rulebook.version, n, text) for n, text in enumerate(texts)]
        for put in written[:1]:
            put.pieces = len(written)
        puts += written
        table = self._table
        free = table.name.does_not_exist()
        pointer = table("current", "rulebook", version=rulebook.version)
        unmoved = (table.version == latest) if latest else free
        requests = [put.get_save_kwargs_from_instance(free) for put in puts]
        requests.append(pointer.get_save_kwargs_from_instance(unmoved))
        try:
            with asking(f"publishing in {self._name}"):
                self._dynamo.transact_write_items(
                    TransactItems=[*({"Put": put} for put in requests), *([beside] if beside else [])]  # type: ignore[list-item]
                )
        except ClientError as error:
            if code(error) in ("TransactionCanceledException", "TransactionConflictException"):
                raise Conflict(
                    f"version {rulebook.version} was published by somebody else meanwhile; look and publish again"
                ) from error
            raise
        self._pointer = None  # the next look sees this version or a later one
        self._read[rulebook.version] = rulebook
        return rulebook

    def history(self) -> list[Published]:
        """See `ports.RulebookStore`."""
        request = {
            "TableName": self._name,
            "KeyConditionExpression": "kind = :kind",
            "FilterExpression": "attribute_exists(pieces)",
            "ExpressionAttributeValues": {":kind": {"S": "published"}},
            "ExpressionAttributeNames": {"#version": "version"},
            "ProjectionExpression": "#version, published_by, published_at",
            "ScanIndexForward": False,
            "ConsistentRead": True,
        }
        return [
            Published(
                int(item["version"]["N"]),
                item["published_by"]["S"],
                datetime.fromisoformat(item["published_at"]["S"]),
            )
            for item in pages(self._dynamo.query, f"reading from {self._name}", request)
        ]

    def files(self, number: int) -> dict[str, str]:
        """See `ports.RulebookStore`."""
        packed = self._joined("files", number)
        if packed is None:
            return files_of(self.version(number))
        texts: dict[str, str] = orjson.loads(zlib.decompress(packed))
        return texts

    def _piece(self, kind: str, version: int, n: int, piece: bytes) -> RulebookItem:
        name = f"{version:08}#{n:04}" if n else f"{version:08}"
        return self._table(kind, name, version=version, document=piece)

    def _latest(self) -> int:
        item = self._get("current", "rulebook")
        return int(item["version"]["N"]) if item else 0

    def _load(self, number: int) -> Rulebook:
        packed = self._joined("published", number)
        if packed is None:
            raise NotFound(f"rulebook version {number} does not exist")
        return read_stored(zlib.decompress(packed))

    def _joined(self, kind: str, number: int) -> bytes | None:
        """What the pieces of a version hold together, None where there are none."""
        first = self._get(kind, f"{number:08}")
        if first is None:
            return None
        packed = [first["document"]["B"]]
        for n in range(1, int(first["pieces"]["N"])):
            piece = self._get(kind, f"{number:08}#{n:04}")
            if piece is None:
                raise OutsideFailed(f"rulebook version {number}: piece {n} is missing")
            packed.append(piece["document"]["B"])
        return b"".join(packed)

    def _get(self, kind: str, name: str) -> Item | None:
        with asking(f"reading from {self._name}"):
            found: Any = self._dynamo.get_item(
                TableName=self._name, Key={"kind": {"S": kind}, "name": {"S": name}}, ConsistentRead=True
            )
        item: Item | None = found.get("Item")
        return item


def _pieces(document: bytes) -> list[bytes]:
    packed = zlib.compress(document, 9)
    return [packed[start : start + PIECE] for start in range(0, len(packed), PIECE)]


class OfCurrent(Generic[_Made]):
    """What is costly to make of a rulebook, such as its templates' renderer: made once, and anew when another is in force."""

    def __init__(self, rulebooks: RulebookStore, make: Callable[[Rulebook], _Made]) -> None:
        self._rulebooks, self._make = rulebooks, make
        self._held: tuple[Rulebook, _Made] | None = None

    def __call__(self) -> tuple[Rulebook, _Made]:
        """The rulebook in force and what was made of it."""
        rulebook = self._rulebooks.current()
        if self._held is None or self._held[0] is not rulebook:
            self._held = rulebook, self._make(rulebook)
        return self._held
