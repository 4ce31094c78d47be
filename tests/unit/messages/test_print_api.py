"""A print vendor with an API behind the queue's port: every piece once, refusals and recalls reported, webhooks understood."""

from typing import Any, Literal

import msgspec
import pytest

from courtesy.errors import OutsideFailed, RefusedInput
from courtesy.messages.mailing import (
    Announcement,
    ManifestLine,
    decode_register,
    recall,
)
from courtesy.messages.print_api import EVENTS, Answered, ApiVendor, PieceRequest, piece_request, report_of
from courtesy.messages.render import Renderer
from courtesy.messages.vendor_status import read_status, reports_of
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.messages.people import NOW
from tests.unit.messages.test_post import World

SENDER = {"company": "Meridian", "address_line1": "100 Harbor Street", "address_city": "Boston", "address_state": "MA", "address_zip": "02118"}  # fmt: skip
AT = "2026-03-04T12:00:00Z"


class Vendor:
    """An API that knows idempotency keys, for as long as it remembers them."""

    def __init__(self) -> None:
        self.printed: list[PieceRequest] = []
        self.keys: dict[str, str] = {}
        self.fails_after, self.refuses, self.left = 10**6, "", False

    def create(self, request: PieceRequest) -> Answered:
        if self.fails_after == 0:
            raise OutsideFailed("print API: status 429")
        self.fails_after -= 1
        if self.refuses:
            return Answered(code=self.refuses)
        if request.key not in self.keys:
            self.keys[request.key] = f"ltr_{len(self.printed)}"
            self.printed.append(request)
        return Answered(id=self.keys[request.key])

    def cancel(self, kind: Literal["letters", "postcards"], id_: str) -> bool:
        assert kind == "letters"
        assert id_.startswith("ltr_")
        return not self.left


class Shop:
    """A mailing of three letters, announced to an API."""

    def __init__(self, renderer: Renderer) -> None:
        self.world, self.lake, self.reports, self.vendor = (
            World(renderer),
            InMemoryLake(),
            InMemoryQueue(),
            Vendor(),
        )
        (self.mailing_id,) = self.world.run("run-1").mailings
        self.lake.objects = self.world.shelf.objects
        self.announced = [body for body, _ in self.world.queue.sent]
        self.port = ApiVendor(self.vendor, self.lake, self.reports, SENDER, AT)

    def told(self) -> list[tuple[str, int]]:
        document = self.world.shelf.register("harbor_print", self.mailing_id)
        assert document is not None
        found: list[tuple[str, int]] = []
        for body, _ in self.reports.sent:
            status = read_status(msgspec.json.decode(body))
            reports, unmatched = reports_of(status, decode_register(document))
            assert unmatched == []
            found.append((status.status, len(reports)))
        return found


def test_every_piece_is_handed_over_once_however_often_and_late_it_is_announced(renderer: Renderer) -> None:
    shop = Shop(renderer)
    shop.port.send(shop.announced)
    shop.vendor.keys.clear()  # the vendor forgets its keys after a day
    shop.port.send(shop.announced)
    assert len(shop.vendor.printed) == 3
    assert set(shop.told()) == {("acknowledged", 3)}
    (first, *_) = shop.vendor.printed
    assert first.kind == "letters"
    assert first.fields["to"]["address_zip"] == "02118"
    assert "company" not in first.fields["to"]
    assert first.file.startswith(b"%PDF")


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_vendor_that_is_busy_in_between_gets_the_rest_later(renderer: Renderer, after: int) -> None:
    shop = Shop(renderer)
    shop.vendor.fails_after = after
    with pytest.raises(OutsideFailed):
        shop.port.send(shop.announced)
    shop.vendor.fails_after = 10
    shop.port.send(shop.announced)
    assert len(shop.vendor.printed) == len({request.key for request in shop.vendor.printed}) == 3


def test_refused_pieces_are_reported_with_the_vendor_s_code(renderer: Renderer) -> None:
    shop = Shop(renderer)
    shop.vendor.refuses = "address_length_exceeds_limit"
    shop.port.send(shop.announced)
    assert shop.told() == [("acknowledged", 3), ("rejected", 3)]


@pytest.mark.parametrize(("left", "said"), [(False, "rejected"), (True, "mailed")])
def test_pieces_asked_back_are_cancelled_or_have_left(renderer: Renderer, left: bool, said: str) -> None:
    shop = Shop(renderer)
    pieces = [request["piece_id"] for request in _manifest(shop)]
    asked = recall("harbor_print", "letter", shop.mailing_id, pieces[:2])
    with pytest.raises(OutsideFailed, match="before it was handed over"):
        shop.port.send([asked])
    shop.port.send(shop.announced)
    shop.vendor.left = left
    shop.port.send([asked])
    assert shop.told()[-1] == (said, 2)


def test_webhooks_become_reports_of_our_contract(renderer: Renderer) -> None:
    shop = Shop(renderer)
    piece = _manifest(shop)[0]["piece_id"]
    document = shop.world.shelf.register("harbor_print", shop.mailing_id)
    assert document is not None
    metadata = {"mailing": shop.mailing_id, "piece": piece, "vendor": "harbor_print"}
    for word, status in EVENTS.items():
        event = {"event_type": {"id": f"letter.{word}"}, "date_created": AT, "body": {"metadata": metadata}}
        report = report_of(event)
        assert report is not None
        (one,), none = reports_of(read_status(report), decode_register(document))
        assert (one.feedback.type, none) == (status, [])
    assert report_of({"event_type": {"id": "letter.created"}}) is None
    with pytest.raises(RefusedInput, match="metadata"):
        report_of({"event_type": {"id": "letter.mailed"}, "body": {}})


def test_products_are_named_as_the_api_names_them() -> None:
    line = ManifestLine(
        "k1", "pieces/k1.pdf", "0", 2, "Anna Miller", "", "12 Main Street", "", "Boston", "MA", "02118", "US"
    )

    def mailing(product: str, channel: str) -> Announcement:
        return Announcement(
            schema="courtesy.mailing.v1", mailing_id="m1", vendor="v", channel=channel, product=product, file_width_in=6.25,
            file_height_in=4.25, made_at=NOW, folder="mailings/v/m1/", manifest="manifest.jsonl", manifest_sha256="0", pieces=1, pages=2,
        )  # fmt: skip

    card = piece_request(mailing("postcard_4x6", "postcard"), line, SENDER, b"%PDF")
    assert (card.kind, card.fields["size"], card.key) == ("postcards", "4x6", "k1")
    with pytest.raises(RefusedInput, match="prints postcard_4x6, us_letter"):
        piece_request(mailing("poster", "letter"), line, SENDER, b"%PDF")


def _manifest(shop: Shop) -> list[dict[str, Any]]:
    (path,) = [path for path in shop.lake.objects if path.endswith("manifest.jsonl")]
    return [msgspec.json.decode(line) for line in shop.lake.objects[path].splitlines()]
