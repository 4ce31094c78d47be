"""Mailings: a piece is in one mailing only, whatever crashes, overlaps or comes twice."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from courtesy.decisions.policy import policy_of
from courtesy.decisions.release import Message
from courtesy.errors import OutsideFailed, RefusedRule
from courtesy.messages.mailing import Announcement, ManifestLine, Register, decode_register
from courtesy.messages.post import Posted, Posting, Typesetting, make_mailings
from courtesy.messages.render import PrintText, Renderer
from courtesy.messages.rules import DealerBlock, PrintProduct, Side
from courtesy.messages.typeset import Typesetter
from courtesy.outcomes import ContactState
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, SourceRecord
from courtesy.timeline.refold import refold
from tests.fakes.clock import FakeClock
from tests.fakes.customers import InMemoryCustomerStore
from tests.fakes.queue import InMemoryQueue
from tests.fakes.vendor import InMemoryShelf
from tests.unit.messages.people import FIELDS, HOSTILE, KEY, NOW, contact
from tests.unit.messages.test_send import put

TRIGGER, PERIOD = "win_back_lost_high_value", "2026-Q1"


class PlainTypesetter:
    """Makes something that looks enough like a PDF of one page."""

    def pdf(self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both") -> bytes:
        return b"%PDF /Type /Page /x " + "|".join([product.name, text.headline, *address]).encode()


class Breaking:
    """Lets so many calls to the outside through, and then none: a crash at that point."""

    def __init__(self, after: int) -> None:
        self.left = after

    def step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise OutsideFailed("the function was stopped here")


class BreakingShelf(InMemoryShelf):
    def __init__(self, held: InMemoryShelf, breaking: Breaking) -> None:
        super().__init__()
        self.objects, self._breaking = held.objects, breaking

    def put(self, vendor: str, mailing_id: str, file: str, content: bytes) -> None:
        self._breaking.step()
        super().put(vendor, mailing_id, file, content)
        self._breaking.step()

    def close(self, vendor: str, mailing_id: str, content: bytes) -> bytes:
        self._breaking.step()
        stands = super().close(vendor, mailing_id, content)
        self._breaking.step()
        return stands


class BreakingQueue(InMemoryQueue):
    def __init__(self, held: InMemoryQueue, breaking: Breaking) -> None:
        super().__init__()
        self.sent, self._breaking = held.sent, breaking

    def send(self, bodies: Sequence[bytes], delay: int = 0) -> None:
        self._breaking.step()
        self.sent.extend((body, delay) for body in bodies)
        self._breaking.step()


class World:
    """Some customers with one queued letter each."""

    def __init__(self, renderer: Renderer, customers: int = 3, **fields: str) -> None:
        self.renderer, self.clock = renderer, FakeClock(NOW)
        self.store, self.shelf, self.queue = InMemoryCustomerStore(), InMemoryShelf(), InMemoryQueue()
        self.ids = [f"c{n}" for n in range(customers)]
        for id_ in self.ids:
            held = contact(renderer.rulebook, TRIGGER, "letter", id_)
            put(self.store, held, id_, **fields)
        self.messages = [Message(id_, TRIGGER, PERIOD) for id_ in self.ids]

    def run(
        self,
        run: str,
        messages: Sequence[Message] | None = None,
        breaking: Breaking | None = None,
        typesetter: Typesetting | None = None,
    ) -> Posted:
        outside = Posting(
            store=self.store,
            shelf=BreakingShelf(self.shelf, breaking) if breaking else self.shelf,
            vendor_queue=BreakingQueue(self.queue, breaking) if breaking else self.queue,
            renderer=self.renderer,
            policy=policy_of(self.renderer.rulebook),
            typesetter=typesetter or PlainTypesetter(),
            hash_key=KEY,
            clock=self.clock,
        )
        return make_mailings(self.messages if messages is None else messages, run, outside)

    def contact(self, id_: str) -> Contact:
        held = self.store.read_contact(id_, TRIGGER, PERIOD)
        assert held is not None
        return held

    def printed(self) -> Counter[str]:
        """How often a vendor that knows mailing ids prints each piece."""
        pieces: Counter[str] = Counter()
        seen: dict[str, bytes] = {}
        for body, _ in self.queue.sent:
            told = msgspec.json.decode(body, type=Announcement)
            listed = self.shelf.objects[told.folder + told.manifest]
            assert seen.setdefault(told.mailing_id, listed) == listed, (
                "a mailing changed after it was announced"
            )
        for listed in seen.values():
            for line in listed.splitlines():
                piece = msgspec.json.decode(line, type=ManifestLine)
                pieces[piece.piece_id] += 1
        return pieces

    def register(self, mailing_id: str) -> Register:
        document = self.shelf.register("harbor_print", mailing_id)
        assert document is not None
        return decode_register(document)


def test_a_batch_is_one_mailing_announced_once(renderer: Renderer) -> None:
    world = World(renderer)
    posted = world.run("run-1")
    assert posted.outcomes == {"recorded": 3}
    assert len(posted.mailings) == 1
    told = msgspec.json.decode(world.queue.sent[0][0], type=Announcement)
    assert (told.schema, told.pieces, told.pages, told.product) == ("courtesy.mailing.v1", 3, 3, "us_letter")
    assert told.mailing_id.startswith("20260303-letter-")
    for id_ in world.ids:
        held = world.contact(id_)
        assert (held.state, held.mailing) == (ContactState.SENT, told.mailing_id)
        assert world.printed()[held.id] == 1


def test_the_vendor_is_told_no_customer_id_and_paths_tell_no_name(renderer: Renderer) -> None:
    world = World(renderer, 1)
    posted = world.run("run-1")
    told = msgspec.json.decode(world.queue.sent[0][0], type=Announcement)
    listed = world.shelf.objects[told.folder + told.manifest]
    assert b'"c0"' not in listed
    assert b"Miller" in listed
    assert not any("Miller" in path for path in world.shelf.objects)
    assert world.register(posted.mailings[0]).pieces[0].customer_id == "c0"


def test_the_same_messages_again_print_nothing_more(renderer: Renderer) -> None:
    world = World(renderer)
    world.run("run-1")
    assert world.run("run-2").outcomes == {"not_claimed_taken": 3}
    assert len(world.queue.sent) == 1


@pytest.mark.parametrize("steps", range(13))
def test_a_crash_at_any_step_prints_every_piece_once(renderer: Renderer, steps: int) -> None:
    world = World(renderer)
    breaking = Breaking(steps)
    try:
        world.run("run-1", breaking=breaking)
    except OutsideFailed:
        world.run("run-2")
    assert set(world.printed().values()) == {1}
    assert len(world.printed()) == 3
    assert {world.contact(id_).state for id_ in world.ids} == {ContactState.SENT}


@settings(max_examples=40, deadline=None)
@given(
    runs=st.lists(
        st.tuples(st.integers(0, 14), st.lists(st.integers(0, 3), min_size=1, max_size=4, unique=True)),
        max_size=5,
    )
)
def test_any_crashes_and_any_batches_print_every_piece_once(
    renderer: Renderer, runs: list[tuple[int, list[int]]]
) -> None:
    world = World(renderer, 4)
    for number, (steps, members) in enumerate(runs):
        try:
            world.run(f"run-{number}", [world.messages[m] for m in members], Breaking(steps))
        except OutsideFailed:
            continue
    for last in ("last-1", "last-2"):
        world.run(last)
    assert set(world.printed().values()) == {1}
    assert len(world.printed()) == 4
    assert {world.contact(id_).state for id_ in world.ids} == {ContactState.SENT}


def test_a_slow_first_run_finds_its_mailing_closed_and_gives_the_rest_back(renderer: Renderer) -> None:
    """The second run gets one message again while the first is still typesetting, and closes the first one's mailing."""
    world = World(renderer)

    class Interrupted(PlainTypesetter):
        done = False

        def pdf(
            self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both"
        ) -> bytes:
            if not self.done:
                self.done = True
                assert world.run("run-2", world.messages[:1]).outcomes == {"recorded": 1}
            return super().pdf(product, text, address)

    outside = Posting(
        world.store,
        world.shelf,
        world.queue,
        renderer,
        policy_of(renderer.rulebook),
        Interrupted(),
        KEY,
        world.clock,
    )
    assert make_mailings(world.messages, "run-1", outside).outcomes == {"lost": 1, "later": 2}
    assert {world.contact(id_).state for id_ in world.ids[1:]} == {ContactState.QUEUED}
    world.run("run-3")
    assert set(world.printed().values()) == {1}
    assert len(world.printed()) == 3


def test_an_address_that_cannot_be_printed_is_refused_before_anything_is_made(renderer: Renderer) -> None:
    world = World(renderer, 2, postcode="nonsense")
    assert world.run("run-1").outcomes == {"refused_postcode_invalid": 2}
    assert world.queue.sent == []
    for id_ in world.ids:
        assert (world.contact(id_).state, world.contact(id_).reason) == (
            ContactState.REFUSED,
            "postcode_invalid",
        )
        assert not world.store.read_profile(id_).profile.contacts[0].counts


def test_without_a_print_vendor_the_slot_comes_back(renderer: Renderer) -> None:
    messages = renderer.rulebook.messages.model_copy(update={"printers": {}})
    world = World(Renderer(renderer.rulebook.model_copy(update={"messages": messages})), 1)
    assert world.run("run-1").outcomes == {"refused_no_print_vendor": 1}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_one_value_of_one_line_of_the_manifest(
    renderer: Renderer, typesetter: Typesetter, text: str
) -> None:
    world = World(renderer, 1, address2=text, given_name=text, name="Anna Miller")
    world.run("run-1")
    for path, content in world.shelf.objects.items():
        if path.endswith("manifest.jsonl"):
            (line,) = content.splitlines()
            piece = msgspec.json.decode(line, type=ManifestLine)
            assert piece.address_line1 == "12 Main Street"
            assert len(piece.address_line2) <= 64
    assert world.contact("c0").state in (ContactState.SENT, ContactState.REFUSED)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "text_does_not_fit"),
        (b"%PDF" + b"/Type /Page " * 7, "too_many_pages"),
        (b"%PDF /Type /Page " + b"x" * 5_000_001, "file_too_large"),
    ],
)
def test_a_piece_that_the_vendor_would_not_take_is_refused(
    renderer: Renderer, content: bytes | None, reason: str
) -> None:
    class Odd:
        def pdf(
            self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both"
        ) -> bytes:
            if content is None:
                raise RefusedRule("the text does not fit")
            return content

    world = World(renderer, 1)
    outside = Posting(
        world.store, world.shelf, world.queue, renderer, policy_of(renderer.rulebook), Odd(), KEY, world.clock
    )
    assert make_mailings(world.messages, "run-1", outside).outcomes == {f"refused_{reason}": 1}
    assert world.contact("c0").reason == reason
    assert world.queue.sent == []


def test_a_message_that_the_rulebook_lacks_is_refused(renderer: Renderer) -> None:
    messages = renderer.rulebook.messages.model_copy(update={"messages": {}})
    world = World(Renderer(renderer.rulebook.model_copy(update={"messages": messages})), 1)
    assert world.run("run-1").outcomes == {"refused_message_missing": 1}


@pytest.mark.parametrize("quiet", [0, 1])
def test_a_customer_whom_others_keep_changing_comes_again(renderer: Renderer, quiet: int) -> None:
    """`quiet` writes succeed: with none the claim fails, with one what follows the claim."""
    world = World(renderer, 1)
    commit = world.store.commit
    done: list[int] = []

    def contested(*args: Any, **kwargs: Any) -> Any:
        if len(done) >= quiet:
            return "conflict"
        done.append(1)
        return commit(*args, **kwargs)

    world.store.commit = contested  # type: ignore[method-assign]
    assert world.run("run-1").again == [0]
    world.store.commit = commit  # type: ignore[method-assign]
    world.run("run-2")
    assert world.printed() == {world.contact("c0").id: 1}
    assert world.contact("c0").state is ContactState.SENT


def test_a_message_of_a_contact_that_does_not_exist_is_done(renderer: Renderer) -> None:
    world = World(renderer, 1)
    assert world.run("run-1", [Message("cother", TRIGGER, PERIOD)]).outcomes == {"not_claimed_missing": 1}


def test_a_message_for_a_contact_whose_piece_is_under_way_elsewhere_is_done(renderer: Renderer) -> None:
    """Claimed and sent meanwhile: there is nothing left to do for whoever comes again."""
    world = World(renderer, 1)
    world.run("run-1")
    assert world.run("run-2").outcomes == {"not_claimed_taken": 1}


def test_a_piece_whose_customer_moved_between_two_runs_is_claimed_anew(renderer: Renderer) -> None:
    """The law was applied to the old address; the register of that mailing stays without the piece."""
    world = World(renderer, 1)
    with pytest.raises(OutsideFailed):
        world.run("run-1", breaking=Breaking(0))
    fields = FIELDS | {"address1": "9 Elm Street"}
    moved = SourceRecord(source="crm", id="1", when=NOW, version="2", fields=fields, subject="crm/1")
    world.store.append(world.ids[0], [moved])
    refold(world.store, world.ids[0])
    assert world.run("run-2").outcomes == {"later": 1}
    assert world.run("run-3").outcomes == {"recorded": 1}
    assert set(world.printed().values()) == {1}


def test_a_dealer_s_words_that_do_not_fit_give_way_and_the_piece_is_printed(rulebook: Rulebook) -> None:
    class Narrow(PlainTypesetter):
        def pdf(
            self, product: PrintProduct, text: PrintText, address: list[str], side: Side = "both"
        ) -> bytes:
            if text.dealer.get("words"):
                raise RefusedRule("the text does not fit on the postcard; shorten it")
            return super().pdf(product, text, address)

    block = DealerBlock(dealer="D001", language="en", text="Welcome back.", approved_by="brand")
    world = World(Renderer(rulebook, lambda _: [block]), 1, dealer="D001")
    assert world.run("run-1", typesetter=Narrow()).outcomes == {"recorded": 1}
