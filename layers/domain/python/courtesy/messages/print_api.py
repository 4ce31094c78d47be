"""A print vendor with an HTTP API instead of a queue: one request per piece, in the field names that such an API publishes.

What is sent is our announcement or recall; here it becomes requests, and what the vendor answers becomes reports of our own
contract (`vendor_status`). A piece is printed once, whatever crashes, times out or comes twice:

1. The first attempt at a mailing leaves a mark. Where the mark stands, the vendor is asked what it has of the mailing before
   anything is handed over, and what it has is taken over; of a piece that it has twice the younger one is cancelled.
2. A piece's id is its idempotency key, so of two attempts at once the vendor makes one piece. The key need only last as long
   as the vendor's list lags behind.
3. What was handed over is noted in the lake below `handed/`, and nobody hands over what is noted.

A recall first says so below `recalled/`, then looks for the mark and the note: whichever of the two runs comes second sees
the first. So a piece is told as stopped only where it was cancelled, or where nobody can hand it over any more.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import msgspec

from courtesy.errors import NotFound, OutsideFailed, RefusedInput
from courtesy.messages.mailing import (
    ANNOUNCEMENT,
    LOOK,
    RECALL,
    Announcement,
    Look,
    ManifestLine,
    Recall,
    folder,
)
from courtesy.messages.rules import PrintVendor
from courtesy.messages.vendor_status import STATUS
from courtesy.ports import Lake, Queue

Kind = Literal["letters", "postcards"]
GIVE_UP = 3
"""Failures in a row after which the vendor is left alone until the message comes again."""
RECALLED = "recalled"
EVENTS: dict[str, Literal["mailed", "returned", "rejected"]] = {
    "mailed": "mailed",
    "in_transit": "mailed",
    "in_local_area": "mailed",
    "processed_for_delivery": "mailed",
    "re-routed": "mailed",
    "delivered": "mailed",
    "international_exit": "mailed",
    "returned_to_sender": "returned",
    "rejected": "rejected",
    "failed": "rejected",
    "deleted": "rejected",
}
"""The vendor's word for what happened -> ours; others (`created`, `rendered_pdf`, `viewed` ...) change nothing."""
_ENDS = frozenset({"delivered", "returned_to_sender", "rejected", "failed", "deleted"})
"""Words after which nothing more is heard of a piece."""


@dataclass(frozen=True)
class PieceRequest:
    """One piece for the API: `kind` is the resource, `fields` the body, `files` the artwork by field (`file`, `front`, `back`)."""

    kind: Kind
    key: str
    fields: dict[str, Any]
    files: dict[str, bytes]


@dataclass(frozen=True)
class Answered:
    """What the API said. id: the vendor's own; code: why it was refused, empty where it was taken."""

    id: str = ""
    code: str = ""


@dataclass(frozen=True)
class Made:
    """A piece that the vendor has: our id and its own, and what happened to it, oldest first: (its word, when)."""

    piece: str
    id: str
    steps: list[tuple[str, str]] = field(default_factory=list)


class PrintApi(Protocol):
    """The vendor's API. Raises OutsideFailed where nobody knows, or it is to be asked again later."""

    def create(self, request: PieceRequest) -> Answered:
        """Hand over a piece; the same key again answers the same and makes nothing."""
        ...

    def find(self, kind: Kind, mailing_id: str) -> list[Made]:
        """All pieces that the vendor has of a mailing, oldest first, those that were cancelled with the step `deleted`."""
        ...

    def cancel(self, kind: Kind, id_: str) -> bool:
        """Stop a piece; False where it has left. Cancelling twice is True twice."""
        ...


class _Note(msgspec.Struct, frozen=True):
    """What became of a piece: the vendor's id, or (empty) why there is none."""

    id: str = ""
    code: str = ""


class ApiVendor:
    """`ports.Queue` for a vendor with an API: announcements are handed over piece by piece, recalls cancel, looks ask.

    name, vendor: as in the rulebook; reports: our own status queue; ready: whether there is time for one more request
    """

    def __init__(
        self,
        name: str,
        vendor: PrintVendor,
        api: PrintApi,
        lake: Lake,
        reports: Queue,
        now: datetime,
        ready: Callable[[], bool] = lambda: True,
    ) -> None:
        self._name, self._vendor, self._api, self._lake = name, vendor, api, lake
        self._reports, self._now, self._ready = reports, now, ready

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:  # noqa: ARG002 - an API is asked at once
        """See `ports.Queue`. Raises OutsideFailed; what was handed over before it is not handed over again."""
        for body in bodies:
            schema = msgspec.json.decode(body).get("schema")
            if schema == ANNOUNCEMENT:
                self._announce(msgspec.json.decode(body, type=Announcement))
            elif schema == RECALL:
                self._recall(msgspec.json.decode(body, type=Recall))
            elif schema == LOOK:
                self._look(msgspec.json.decode(body, type=Look))
            else:
                raise RefusedInput(
                    f"schema {str(schema)[:40]!r} is none that a vendor is sent: {ANNOUNCEMENT}, {RECALL}, {LOOK}"
                )

    def _announce(self, mailing: Announcement) -> None:
        place = folder(self._name, mailing.mailing_id)
        kind = kind_of(mailing.channel)
        begun = self._begun(place)
        if not begun:
            self._lake.put(f"{place}handed/begun", self._now.isoformat().encode())
        # Asked after the mark stands: a recall that did not see the mark is seen here.
        called_back = {path.rpartition("/")[2] for path in self._lake.list(f"{place}recalled/")}
        had = self._take_over(kind, mailing.mailing_id) if begun else {}
        refused: list[dict[str, str]] = []
        failed: list[OutsideFailed] = []
        row = 0
        for line in self._lines(place, mailing):
            try:
                note = self._noted(place, line.piece_id)
                if note is None:
                    if not self._ready():
                        raise OutsideFailed(
                            "too little time is left; the rest is handed over when the message comes again"
                        )
                    note = had.get(line.piece_id) or self._hand_over(mailing, line, place, called_back)
                    self._lake.put(f"{place}handed/{line.piece_id}.json", msgspec.json.encode(note))
                row = 0
            except (
                OutsideFailed
            ) as error:  # one piece that the vendor chokes on must not keep the others back
                failed.append(error)
                row += 1
                if row == GIVE_UP or not self._ready():
                    break
                continue
            if not note.id:
                refused.append({"piece_id": line.piece_id, "code": note.code})
        if failed:
            raise OutsideFailed(f"{len(failed)} pieces were not handed over, at first: {failed[0]}")
        self._report(mailing.mailing_id, "acknowledged", [])
        self._report(mailing.mailing_id, "rejected", refused)

    def _lines(self, place: str, mailing: Announcement) -> list[ManifestLine]:
        lines = self._lake.get(place + mailing.manifest).splitlines()
        return [msgspec.json.decode(line, type=ManifestLine) for line in lines]

    def _hand_over(
        self, mailing: Announcement, line: ManifestLine, place: str, called_back: set[str]
    ) -> _Note:
        if line.piece_id in called_back:
            return _Note(code=RECALLED)
        if not (line.name or line.company):
            return _Note(code="address")  # erased since: nobody is left to write to
        try:
            files = [self._lake.get(place + file) for file in filter(None, (line.file, line.back))]
        except NotFound:
            return _Note(code="file_missing")
        answer = self._api.create(piece_request(self._name, self._vendor, mailing, line, files))
        return _Note(answer.id, answer.code)

    def _take_over(self, kind: Kind, mailing_id: str) -> dict[str, _Note]:
        """What the vendor has of a mailing; of a piece that it has twice the younger one is stopped."""
        had: dict[str, _Note] = {}
        for made in self._api.find(kind, mailing_id):
            if any(word == "deleted" for word, _ in made.steps):
                continue
            if made.piece not in had:
                had[made.piece] = _Note(id=made.id)
            elif not self._api.cancel(kind, made.id):
                raise RefusedInput(f"the vendor has piece {made.piece} twice and does not stop the second")
        return had

    def _recall(self, recall: Recall) -> None:
        place, kind = folder(self._name, recall.mailing_id), kind_of(recall.channel)
        stopped: list[dict[str, str]] = []
        left: list[dict[str, str]] = []
        open_: list[str] = []
        for piece in recall.pieces:
            self._lake.put(f"{place}recalled/{piece}", b"")
        begun = self._begun(place)  # after the marks: who begins from now on sees them
        had: dict[str, _Note] | None = None
        for piece in recall.pieces:
            note = self._noted(place, piece)
            if note is None and begun:
                had = self._take_over(kind, recall.mailing_id) if had is None else had
                note = had.get(piece)
                if note is None:
                    open_.append(piece)  # perhaps on its way this very moment
                    continue
            gone = note is not None and bool(note.id) and not self._api.cancel(kind, note.id)
            (left if gone else stopped).append({"piece_id": piece, "code": "" if gone else RECALLED})
        self._report(recall.mailing_id, "rejected", stopped)
        self._report(recall.mailing_id, "mailed", left)
        if open_:
            raise OutsideFailed(f"{len(open_)} pieces asked back are being handed over; asked again later")

    def _look(self, look: Look) -> None:
        """Ask what became of a mailing's pieces, and report what was not reported yet."""
        place = folder(self._name, look.mailing_id)
        try:
            seen: set[str] = set(msgspec.json.decode(self._lake.get(f"{place}handed/seen"), type=list[str]))
        except NotFound:
            seen = set()
        told: dict[tuple[str, str], list[dict[str, str]]] = {}
        fresh, ended, every = set(), 0, self._api.find(kind_of(look.channel), look.mailing_id)
        for made in every:
            ended += any(word in _ENDS for word, _ in made.steps)
            for word, at in made.steps:
                status = EVENTS.get(word)
                mark = f"{made.piece} {status}"
                if status is None or mark in seen or mark in fresh:
                    continue
                fresh.add(mark)
                code = "" if status == "mailed" else RECALLED if word == "deleted" else word
                told.setdefault((at, status), []).append({"piece_id": made.piece, "code": code})
        for (at, said), pieces in sorted(told.items()):
            self._report(look.mailing_id, said, pieces, at if _has_zone(at) else "")
        if fresh:
            self._lake.put(f"{place}handed/seen", msgspec.json.encode(sorted(seen | fresh)))
        if every and ended == len(every):
            self._lake.put(f"{place}handed/settled", self._now.isoformat().encode())

    def _begun(self, place: str) -> bool:
        try:
            self._lake.get(f"{place}handed/begun")
        except NotFound:
            return False
        return True

    def _noted(self, place: str, piece: str) -> _Note | None:
        try:
            note = self._lake.get(f"{place}handed/{piece}.json")
        except NotFound:
            return None
        return msgspec.json.decode(note, type=_Note)

    def _report(self, mailing_id: str, status: str, pieces: list[dict[str, str]], at: str = "") -> None:
        if not pieces and status != "acknowledged":
            return
        told = {"schema": STATUS, "vendor": self._name, "mailing_id": mailing_id, "status": status}
        said = {"at": at or self._now.isoformat()} | ({"pieces": pieces} if pieces else {})
        self._reports.send([msgspec.json.encode(told | said)])


def kind_of(channel: str) -> Kind:
    """The API's resource for a channel."""
    return "letters" if channel == "letter" else "postcards"


def piece_request(
    name: str, vendor: PrintVendor, mailing: Announcement, line: ManifestLine, files: Sequence[bytes]
) -> PieceRequest:
    """One line of a manifest in the API's fields; the same line always gives the same. Raises RefusedInput where the vendor
    prints no such product."""
    product = next((each for each in vendor.products.values() if each.name == mailing.product), None)
    if product is None or vendor.api is None:
        known = ", ".join(sorted(each.name for each in vendor.products.values()))
        raise RefusedInput(f"vendor {name!r} has no product {mailing.product!r}; it prints {known}")
    to = {
        "name": line.name,
        "company": line.company,
        "address_line1": line.address_line1,
        "address_line2": line.address_line2,
        "address_city": line.address_city,
        "address_state": line.address_state,
        "address_zip": line.address_zip,
        "address_country": line.address_country,
    }
    fields: dict[str, Any] = {
        "to": _told(to),
        "from": _told(vendor.api.return_to.model_dump()),
        "size": product.size or product.name,
        "use_type": "marketing",
        "mail_type": vendor.api.mail_type,
        "metadata": {"mailing": mailing.mailing_id, "piece": line.piece_id, "vendor": name},
    }
    if vendor.api.send_after_hours:
        fields["send_date"] = (mailing.made_at + timedelta(hours=vendor.api.send_after_hours)).isoformat()
    kind = kind_of(mailing.channel)
    if kind == "letters":
        fields |= {"color": product.colour, "double_sided": False, "address_placement": "top_first_page"}
    names = ("front", "back") if len(files) == 2 else ("file",)
    return PieceRequest(kind, line.piece_id, fields, dict(zip(names, files, strict=True)))


def _told(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def made_of(document: Mapping[str, Any]) -> Made:
    """A piece as the API describes it: its metadata, its tracking events, and whether it was cancelled or failed."""
    steps = [
        (
            _word(event.get("name") or event.get("type")),
            str(event.get("time") or event.get("date_created") or ""),
        )
        for event in document.get("tracking_events") or []
    ]
    at = str(document.get("date_modified") or document.get("date_created") or "")
    if document.get("deleted"):
        steps.append(("deleted", at))
    elif document.get("status") in ("failed", "rejected"):
        steps.append((str(document["status"]), at))
    piece = str((document.get("metadata") or {}).get("piece", ""))
    return Made(piece, str(document.get("id", "")), sorted(steps, key=lambda step: step[1]))


def _has_zone(at: str) -> bool:
    try:
        return datetime.fromisoformat(at.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False


def _word(name: object) -> str:
    return str(name or "").strip().lower().replace(" ", "_")
