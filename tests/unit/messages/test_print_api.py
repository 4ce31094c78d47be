"""A print vendor with an API behind the queue's port, over a real connection: every piece once, whatever fails in between."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from pydantic import ValidationError

from courtesy.errors import CourtesyError, NotFound, OutsideFailed, RefusedInput
from courtesy.messages.mailing import Announcement, ManifestLine, decode_register, look, recall
from courtesy.messages.print_api import EVENTS, ApiVendor, made_of, piece_request
from courtesy.messages.render import Renderer
from courtesy.messages.rules import PrintVendor, VendorApi
from courtesy.messages.vendor_status import read_status, reports_of
from courtesy.messages.vendors import VendorRoads, looks
from courtesy_aws.print_api import HttpPrintApi
from courtesy_local.vendor.api_vendor import ApiVendorServer, Fault
from tests.fakes.lake import InMemoryLake
from tests.fakes.queue import InMemoryQueue
from tests.unit.messages.people import NOW
from tests.unit.messages.test_post import World

NAME = "harbor_print"
HOME = {"company": "Meridian", "address_line1": "100 Harbor Street", "address_city": "Boston", "address_state": "MA", "address_zip": "02118"}  # fmt: skip
LATER = NOW + timedelta(hours=1)


class Crash(Exception):
    """The process dies here."""


class Lake(InMemoryLake):
    """Dies before or after the n-th write."""

    dies: int = -1
    after: bool = False

    def put(self, path: str, content: bytes) -> None:
        self.dies -= 1
        if self.dies == 0 and not self.after:
            raise Crash
        super().put(path, content)
        if self.dies == 0:
            raise Crash


class Reports(InMemoryQueue):
    """Dies before or after the n-th report."""

    dies: int = -1
    after: bool = False

    def send(self, bodies: Any, delay: int = 0) -> None:
        self.dies -= 1
        if self.dies == 0 and not self.after:
            raise Crash
        super().send(bodies, delay)
        if self.dies == 0:
            raise Crash


class Shop:
    """A mailing of three letters for a vendor with an API that listens."""

    def __init__(self, renderer: Renderer, server: ApiVendorServer) -> None:
        self.server, self.lake, self.reports = server, Lake(), Reports()
        world = World(renderer)
        (self.mailing_id,) = world.run("run-1").mailings
        self.lake.objects = world.shelf.objects
        self.announced = [body for body, _ in world.queue.sent]
        document = world.shelf.register(NAME, self.mailing_id)
        assert document is not None
        self.register = decode_register(document)
        self.pieces = [piece.id for piece in self.register.pieces]
        shipped = renderer.rulebook.messages.vendors[NAME]
        self.vendor = by_api(shipped, server.url)

    def port(self, now: Any = NOW, ready: Callable[[], bool] = lambda: True) -> ApiVendor:
        # Patient, so that a busy machine is not taken for a vendor who does not answer, unless that is what is tried.
        late = any("late_after" in faults for faults in self.server.faults.values())
        api = HttpPrintApi(self.server.url, "test", connect=30, read=0.3 if late else 30)
        return ApiVendor(NAME, self.vendor, api, self.lake, self.reports, now, ready)

    def deliver(self, *bodies: bytes, tries: int = 12) -> int:
        """As a queue does: again until nothing fails; how often it failed."""
        for failed in range(tries):
            try:
                self.port().send(bodies or self.announced)
            except (OutsideFailed, Crash):
                continue
            return failed
        raise AssertionError("it never came to an end")

    def told(self) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        for body, _ in self.reports.sent:
            status = read_status(msgspec.json.decode(body))
            reports, unmatched = reports_of(status, self.register)
            assert unmatched == []
            found.append((status.status, len(reports)))
        return found


def by_api(vendor: PrintVendor, url: str, **api: Any) -> PrintVendor:
    """The shipped vendor, reached by its API."""
    told = {"url": url, "secret": "harbor", "return_to": HOME} | api
    return PrintVendor.model_validate(vendor.model_dump() | {"kind": "api", "api": told})


@pytest.fixture
def server() -> Iterator[ApiVendorServer]:
    with ApiVendorServer(late=0.9) as listening:
        listening.now = lambda: NOW
        yield listening


@pytest.fixture
def shop(renderer: Renderer, server: ApiVendorServer) -> Shop:
    return Shop(renderer, server)


def test_every_piece_is_handed_over_once_however_often_and_late_it_is_announced(shop: Shop) -> None:
    assert shop.deliver() == 0
    shop.server.forgets = True
    assert shop.deliver() == 0
    assert sorted(shop.server.printed()) == sorted(shop.pieces)
    assert set(shop.told()) == {("acknowledged", 3)}
    files = next(iter(shop.server.files.values()))
    assert list(files) == ["file"]
    assert files["file"].startswith(b"%PDF")


@pytest.mark.parametrize(("at", "forgets"), [(0, True), (1, False), (2, True)])
@pytest.mark.parametrize(
    "fault", ["busy", "broken", "broken_after", "cut", "cut_after", "late_after", "no_body_after", "forbidden", "redirect"]
)  # fmt: skip
def test_whatever_happens_to_one_request_each_piece_is_printed_once(
    shop: Shop, fault: Fault, at: int, forgets: bool
) -> None:
    """Even where the vendor forgets idempotency keys at once: what it has is looked up before anything is handed over again."""
    shop.server.forgets = forgets
    shop.server.faults = {"POST": [*[None] * at, fault]}
    failed = shop.deliver()
    assert failed == 1 or (fault == "late_after" and failed > 1)  # an impatient client may give up more often
    assert sorted(shop.server.printed()) == sorted(shop.pieces)
    assert shop.told() == [("acknowledged", 3)]


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("dies", range(1, 7))
def test_a_crash_at_any_write_or_report_prints_no_second_piece_and_loses_no_report(
    shop: Shop, dies: int, after: bool
) -> None:
    shop.server.forgets = True
    shop.server.faults = {"POST": ["refused"]}
    if dies <= 4:  # the mark and a note for each piece
        shop.lake.dies, shop.lake.after = dies, after
    else:
        shop.reports.dies, shop.reports.after = dies - 4, after
    assert shop.deliver() == 1
    # The refused piece may be asked for again where the refusal was not noted; it is then taken, and taken once.
    printed = shop.server.printed()
    assert max(Counter(printed).values()) == 1
    refused = {p["piece_id"] for b in shop.reports.bodies() if b["status"] == "rejected" for p in b["pieces"]}
    assert refused | set(printed) == set(shop.pieces)
    assert not refused & set(printed)
    assert ("acknowledged", 3) in shop.told()


def test_a_piece_that_the_vendor_chokes_on_keeps_no_other_back(shop: Shop) -> None:
    shop.server.faults = {"POST": ["broken"]}
    with pytest.raises(OutsideFailed, match="1 pieces were not handed over, at first: print API: status 500"):
        shop.port().send(shop.announced)
    assert len(shop.server.printed()) == 2
    assert shop.told() == []


def test_a_vendor_that_is_down_is_left_alone_and_short_time_ends_the_run(shop: Shop) -> None:
    shop.server.faults = {"POST": ["busy"] * 9}
    with pytest.raises(OutsideFailed):
        shop.port().send(shop.announced)
    assert [method for method, _ in shop.server.requests] == ["POST"] * 3
    shop.server.requests.clear()
    with pytest.raises(OutsideFailed, match="too little time"):
        shop.port(ready=lambda: False).send(shop.announced)
    assert [method for method, _ in shop.server.requests] == ["GET"]


def test_a_second_piece_that_got_through_all_the_same_is_cancelled(shop: Shop) -> None:
    shop.server.forgets = True
    shop.deliver()
    twin = dict(shop.server.pieces[0]) | {"id": "ltr_twin"}
    shop.server.pieces.append(twin)
    shop.deliver()
    assert twin["deleted"] is True
    assert sorted(shop.server.printed()) == sorted(shop.pieces)
    shop.server.pieces.append(dict(twin) | {"id": "ltr_third", "deleted": False, "tracking_events": [{"name": "Mailed", "time": "1"}]})  # fmt: skip
    with pytest.raises(RefusedInput, match="twice"):
        shop.port().send(shop.announced)


def test_refused_pieces_are_reported_with_the_vendor_s_code(shop: Shop) -> None:
    shop.server.faults = {"POST": ["refused"] * 2}
    shop.deliver()
    assert shop.told() == [("acknowledged", 3), ("rejected", 2)]
    assert {p["code"] for p in shop.reports.bodies()[1]["pieces"]} == {"bad_address"}


def test_who_was_erased_meanwhile_and_whose_file_is_gone_is_not_handed_over(shop: Shop) -> None:
    (path,) = [path for path in shop.lake.objects if path.endswith("manifest.jsonl")]
    lines = [msgspec.json.decode(line) for line in shop.lake.objects[path].splitlines()]
    lines[0] |= {"name": "", "company": ""}
    shop.lake.delete(path.replace("manifest.jsonl", lines[1]["file"]))
    shop.lake.objects[path] = b"\n".join(map(msgspec.json.encode, lines))
    shop.deliver()
    assert shop.server.printed() == [lines[2]["piece_id"]]
    assert {p["code"] for p in shop.reports.bodies()[1]["pieces"]} == {"address", "file_missing"}


def test_pieces_asked_back_are_cancelled_before_their_date_and_have_left_after(shop: Shop) -> None:
    shop.deliver()
    asked = recall(NAME, "letter", shop.mailing_id, shop.pieces[:2])
    shop.deliver(asked)
    shop.deliver(asked)
    assert shop.server.printed() == [shop.pieces[2]]
    assert shop.told()[1:] == [("rejected", 2)] * 2
    shop.server.now = lambda: NOW + timedelta(hours=5)
    shop.deliver(recall(NAME, "letter", shop.mailing_id, shop.pieces[2:]))
    assert shop.told()[-1] == ("mailed", 1)


def test_a_piece_asked_back_before_its_mailing_is_never_handed_over(shop: Shop) -> None:
    shop.deliver(recall(NAME, "letter", shop.mailing_id, shop.pieces[:1]))
    shop.deliver()
    assert sorted(shop.server.printed()) == sorted(shop.pieces[1:])
    assert shop.told() == [("rejected", 1), ("acknowledged", 3), ("rejected", 1)]


@pytest.mark.parametrize("fault", ["broken", "broken_after", "late_after"])
def test_a_recall_between_two_attempts_stops_what_was_handed_over_and_waits_for_the_rest(
    shop: Shop, fault: Fault
) -> None:
    """A recall never says that a piece was stopped while somebody may still hand it over."""
    asked = recall(NAME, "letter", shop.mailing_id, shop.pieces[:1])
    shop.server.faults = {"POST": [fault]}
    with pytest.raises(OutsideFailed):
        shop.port().send(shop.announced)
    if fault == "broken":
        with pytest.raises(OutsideFailed, match="1 pieces asked back are being handed over"):
            shop.port().send([asked])
        assert shop.told() == []
    else:
        shop.deliver(asked)
        assert shop.told() == [("rejected", 1)]
    shop.deliver()
    shop.deliver(asked)
    assert sorted(shop.server.printed()) == sorted(shop.pieces[1:])
    assert ("rejected", 1) in shop.told()


def test_what_became_of_pieces_is_asked_for_and_told_once(shop: Shop) -> None:
    shop.deliver()
    asked = look(NAME, "letter", shop.mailing_id)
    shop.deliver(asked)
    assert shop.told() == [("acknowledged", 3)]
    shop.server.page = 2  # the list comes in two pages
    first, second = shop.pieces[:2]
    shop.server.happen(first, "Rendered PDF", "Mailed", "In Transit", "Delivered")
    shop.server.happen(second, "Mailed", "Returned to Sender")
    shop.deliver(asked)
    shop.deliver(asked)
    assert sorted(shop.told()[1:]) == [("mailed", 2), ("returned", 1)]
    assert f"mailings/{NAME}/{shop.mailing_id}/handed/settled" not in shop.lake.objects
    shop.server.pieces[-1]["deleted"] = True
    shop.deliver(asked)
    assert shop.told()[-1] == ("rejected", 1)
    assert f"mailings/{NAME}/{shop.mailing_id}/handed/settled" in shop.lake.objects


def test_vendors_are_asked_while_more_may_be_heard(shop: Shop, renderer: Renderer) -> None:
    rules = renderer.rulebook.messages
    mine = rules.model_copy(update={"vendors": {NAME: shop.vendor}})
    assert looks(shop.lake, mine, LATER) == []
    shop.deliver()
    assert looks(shop.lake, mine, LATER) == [look(NAME, "letter", shop.mailing_id)]
    assert looks(shop.lake, mine, NOW + timedelta(days=60)) == looks(shop.lake, rules, LATER) == []
    shop.lake.put(f"mailings/{NAME}/{shop.mailing_id}/handed/settled", b"")
    assert looks(shop.lake, mine, LATER) == []


def test_each_vendor_is_reached_its_own_way(shop: Shop, renderer: Renderer) -> None:
    rules = renderer.rulebook.messages
    both = rules.model_copy(update={"vendors": rules.vendors | {"api_print": shop.vendor}})
    queue, api_queue = InMemoryQueue(), InMemoryQueue()
    ours, theirs = recall("api_print", "letter", "m", ["k"]), recall(NAME, "letter", "m", ["k"])
    VendorRoads(queue, api_queue, both).send([ours, theirs])
    assert [b for b, _ in queue.sent] == [theirs]
    assert [b for b, _ in api_queue.sent] == [ours]


def test_words_of_the_vendor_that_mean_nothing_and_events_without_time_are_borne() -> None:
    document = {
        "id": "ltr_1",
        "metadata": {"piece": "k1"},
        "tracking_events": [{"name": "Viewed"}, {}],
        "status": "failed",
    }
    assert made_of(document).steps == [("viewed", ""), ("", ""), ("failed", "")]
    assert made_of({}).piece == ""
    assert set(EVENTS.values()) == {"mailed", "returned", "rejected"}


def test_a_report_without_a_readable_time_gets_ours(shop: Shop) -> None:
    shop.deliver()
    shop.server.pieces[0]["tracking_events"] = [{"name": "Mailed", "time": "yesterday"}]
    shop.server.pieces[1]["tracking_events"] = [{"name": "Mailed", "time": "2026-03-04"}]
    shop.deliver(look(NAME, "letter", shop.mailing_id))
    assert {b["at"] for b in shop.reports.bodies()[1:]} == {NOW.isoformat()}


LINE = ManifestLine(
    "k1", "pieces/k1.pdf", "0", 2, "Anna", "", "12 Main Street", "", "Boston", "MA", "02118", "US"
)


def mailing(product: str, channel: str) -> Announcement:
    return Announcement(
        schema="courtesy.mailing.v1", mailing_id="m1", vendor="v", channel=channel, product=product, file_width_in=6.25,
        file_height_in=4.25, made_at=NOW, folder="mailings/v/m1/", manifest="manifest.jsonl", manifest_sha256="0", pieces=1, pages=2,
    )  # fmt: skip


def test_products_and_sides_are_named_as_the_vendor_names_them(renderer: Renderer) -> None:
    shipped = renderer.rulebook.messages.vendors[NAME].model_dump()
    shipped["products"]["postcard"] |= {"size": "4x6", "files": "front_back"}
    vendor = by_api(PrintVendor.model_validate(shipped), "https://api.example.com/v1", send_after_hours=0)
    card = piece_request(NAME, vendor, mailing("postcard_4x6", "postcard"), LINE, [b"%PDF f", b"%PDF b"])
    assert (card.kind, card.fields["size"], card.key) == ("postcards", "4x6", "k1")
    assert card.files == {"front": b"%PDF f", "back": b"%PDF b"}
    assert "send_date" not in card.fields
    assert "company" not in card.fields["to"]
    with pytest.raises(RefusedInput, match="prints postcard_4x6, us_letter"):
        piece_request(NAME, vendor, mailing("poster", "letter"), LINE, [b"%PDF"])


@pytest.mark.parametrize(
    "url",
    [
        "http://api.example.com/v1",
        "https://user@api.example.com",
        "https://a.example.com/?x=1",
        "ftp://x",
        "https://",
    ],
)
def test_an_address_over_which_the_key_could_leak_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match="https"):
        VendorApi.model_validate({"url": url, "secret": "s", "return_to": HOME})


def test_kind_and_address_belong_together(renderer: Renderer) -> None:
    shipped = renderer.rulebook.messages.vendors[NAME].model_dump()
    with pytest.raises(ValidationError, match="belong together"):
        PrintVendor.model_validate(shipped | {"kind": "api"})
    shipped["products"]["letter"]["files"] = "front_back"
    with pytest.raises(ValidationError, match="two sides"):
        PrintVendor.model_validate(shipped)


def test_a_message_of_another_form_is_refused(shop: Shop) -> None:
    with pytest.raises(CourtesyError, match=r"courtesy.other.v1.*none that a vendor is sent"):
        shop.port().send([b'{"schema": "courtesy.other.v1"}'])
    shop.lake.objects.clear()
    with pytest.raises(NotFound):
        shop.port().send(shop.announced)
