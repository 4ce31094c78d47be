"""A print vendor with an HTTP API instead of a queue: one request per piece, in the field names that such an API publishes.

The port stays the one of the queue (`ports.Queue`): what is sent is our announcement or recall. A piece's id is its idempotency
key, and what was handed over is noted beside the mailing, so an announcement that comes again prints nothing twice however
late it comes. The vendor's webhooks become reports of our own contract (`vendor_status`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import msgspec

from courtesy.errors import NotFound, OutsideFailed, RefusedInput
from courtesy.messages.mailing import ANNOUNCEMENT, Announcement, ManifestLine, Recall, folder
from courtesy.messages.vendor_status import STATUS
from courtesy.ports import Lake, Queue

_SIZES = {"postcard_4x6": "4x6", "us_letter": "us_letter"}
EVENTS: dict[str, Literal["mailed", "returned", "rejected"]] = {
    "mailed": "mailed",
    "in_transit": "mailed",
    "in_local_area": "mailed",
    "processed_for_delivery": "mailed",
    "delivered": "mailed",
    "international_exit": "mailed",
    "returned_to_sender": "returned",
    "rejected": "rejected",
    "failed": "rejected",
    "deleted": "rejected",
}
"""The vendor's word for what happened -> ours; others (`created`, `rendered_pdf`, `viewed` ...) change nothing."""


@dataclass(frozen=True)
class PieceRequest:
    """One piece for the API: `kind` is the resource (`letters`, `postcards`), `fields` the body, `file` the artwork."""

    kind: Literal["letters", "postcards"]
    key: str
    fields: dict[str, Any]
    file: bytes


@dataclass(frozen=True)
class Answered:
    """What the API said. id: the vendor's own; code: why it was refused, empty where it was taken."""

    id: str = ""
    code: str = ""


class PrintApi(Protocol):
    """The vendor's API. Raises OutsideFailed where nobody knows, or it is to be asked again later."""

    def create(self, request: PieceRequest) -> Answered:
        """Hand over a piece; the same key again answers the same and makes nothing."""
        ...

    def cancel(self, kind: Literal["letters", "postcards"], id_: str) -> bool:
        """Stop a piece; False where it has left."""
        ...


class ApiVendor:
    """`ports.Queue` for a vendor with an API: announcements are handed over piece by piece, recalls cancel.

    sender: the return address in the API's fields; reports: where our own status queue is told of refusals and recalls
    """

    def __init__(
        self, api: PrintApi, lake: Lake, reports: Queue, sender: Mapping[str, str], now: str
    ) -> None:
        self._api, self._lake, self._reports, self._sender, self._now = api, lake, reports, dict(sender), now

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:  # noqa: ARG002 - an API is asked at once
        """See `ports.Queue`. Raises OutsideFailed; what was handed over before it is not handed over again."""
        for body in bodies:
            schema = msgspec.json.decode(body).get("schema")
            if schema == ANNOUNCEMENT:
                self._announce(msgspec.json.decode(body, type=Announcement))
            else:
                self._recall(msgspec.json.decode(body, type=Recall))

    def _announce(self, mailing: Announcement) -> None:
        lines = self._lake.get(mailing.folder + mailing.manifest).splitlines()
        refused = []
        for line in (msgspec.json.decode(line, type=ManifestLine) for line in lines):
            if self._handed(mailing.vendor, mailing.mailing_id, line.piece_id) is not None:
                continue
            file = self._lake.get(mailing.folder + line.file)
            answer = self._api.create(piece_request(mailing, line, self._sender, file))
            if answer.code:
                refused.append({"piece_id": line.piece_id, "code": answer.code})
            note = msgspec.json.encode({"id": answer.id, "code": answer.code})
            self._lake.put(f"{mailing.folder}handed/{line.piece_id}.json", note)
        self._report(mailing.vendor, mailing.mailing_id, "acknowledged", [])
        if refused:
            self._report(mailing.vendor, mailing.mailing_id, "rejected", refused)

    def _recall(self, recall: Recall) -> None:
        kind: Literal["letters", "postcards"] = "letters" if recall.channel == "letter" else "postcards"
        stopped: list[dict[str, str]] = []
        left: list[dict[str, str]] = []
        for piece in recall.pieces:
            id_ = self._handed(recall.vendor, recall.mailing_id, piece)
            if id_ is None:
                raise OutsideFailed("a piece is asked back before it was handed over; asked again later")
            gone = bool(id_) and not self._api.cancel(kind, id_)
            (left if gone else stopped).append({"piece_id": piece, "code": "" if gone else "recalled"})
        for status, pieces in (("rejected", stopped), ("mailed", left)):
            if pieces:
                self._report(recall.vendor, recall.mailing_id, status, pieces)

    def _handed(self, vendor: str, mailing_id: str, piece: str) -> str | None:
        """The vendor's id of a piece that was handed over (empty: refused), None where it was not."""
        try:
            note = self._lake.get(f"{folder(vendor, mailing_id)}handed/{piece}.json")
        except NotFound:
            return None
        return str(msgspec.json.decode(note)["id"])

    def _report(self, vendor: str, mailing_id: str, status: str, pieces: list[dict[str, str]]) -> None:
        told = {
            "schema": STATUS,
            "vendor": vendor,
            "mailing_id": mailing_id,
            "status": status,
            "at": self._now,
        }
        self._reports.send([msgspec.json.encode(told | ({"pieces": pieces} if pieces else {}))])


def piece_request(
    mailing: Announcement, line: ManifestLine, sender: Mapping[str, str], file: bytes
) -> PieceRequest:
    """One line of a manifest in the API's fields. Raises RefusedInput for a product that the API does not print."""
    size = _SIZES.get(mailing.product)
    if size is None:
        raise RefusedInput(f"product {mailing.product!r} is none of the API's; it prints {', '.join(_SIZES)}")
    told = {
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
        "to": {name: value for name, value in told.items() if value},
        "from": dict(sender),
        "size": size,
        "use_type": "marketing",
        "mail_type": "usps_first_class",
        "metadata": {"mailing": mailing.mailing_id, "piece": line.piece_id, "vendor": mailing.vendor},
    }
    if mailing.channel == "letter":
        fields |= {"color": True, "double_sided": False, "address_placement": "top_first_page"}
        return PieceRequest("letters", line.piece_id, fields, file)
    return PieceRequest("postcards", line.piece_id, fields, file)


def report_of(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """A webhook's event as a report of our contract; None for what changes nothing. Raises RefusedInput where it is none of ours."""
    body = event.get("body") or {}
    kind = str((event.get("event_type") or {}).get("id", "")).rpartition(".")[2]
    status = EVENTS.get(kind)
    if status is None:
        return None
    named = body.get("metadata") or {}
    if not all(named.get(name) for name in ("mailing", "piece", "vendor")):
        raise RefusedInput("a webhook's event without the metadata that our pieces carry")
    return {
        "schema": STATUS,
        "vendor": str(named["vendor"]),
        "mailing_id": str(named["mailing"]),
        "status": status,
        "at": str(event.get("date_created", "")),
        "pieces": [{"piece_id": str(named["piece"]), "code": "" if status == "mailed" else kind}],
    }
