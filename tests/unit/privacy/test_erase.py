"""Erasure: nothing is left but hashes, nobody comes back, and a death at any call leaves nobody contactable half-erased."""

import gzip
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from courtesy.decisions.candidates import contact_id
from courtesy.decisions.claim import Claimed, claim
from courtesy.decisions.decision import Candidate, Reserved, Suppressed
from courtesy.decisions.policy import policy_of
from courtesy.decisions.reserve import reserve
from courtesy.decisions.settle import apply_feedback, record_sent
from courtesy.errors import Conflict, NotFound
from courtesy.identity.hashing import customer_id_of
from courtesy.identity.record import PossibleMatch, customer_entry
from courtesy.identity.traits import Traits
from courtesy.intake.quarantine import QuarantinedRow
from courtesy.intake.staged import StagedRow, decode_rows
from courtesy.messages.mailing import Piece, PrintProductSize, Register, decode_register, encode_register
from courtesy.messages.postal import PostalAddress
from courtesy.messages.rules import MessageRules
from courtesy.outcomes import Reason
from courtesy.privacy.certificate import Certificate, certificate_of
from courtesy.privacy.correct import Correcting, correct
from courtesy.privacy.erase import Erasing, ask_again, carry_on, erase
from courtesy.privacy.erased import erased_among, hashes_of, remember
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.events import Contact, Feedback, Privacy
from tests.fakes.identity_index import InMemoryIdentityIndex
from tests.fakes.lake import InMemoryLake
from tests.unit.decisions.people import rulebook, trigger
from tests.unit.functions.load_chunk.test_load_chunk import (
    CRM,
    KEY,
    NOW,
    SALES,
    Crash,
    House,
    person,
    sale,
)

BOOK = rulebook(trigger(), trigger("print", channels=["letter"])).model_copy(
    update={"sources": {"crm": CRM, "sales": SALES}}
)
HOME = {"address1": "7 Quince Lane", "city": "Albany", "postcode": "12201", "state": "NY", "country": "US"}
ONE, TWO = customer_id_of(KEY, "crm/1"), customer_id_of(KEY, "crm/2")


class WatchedLake(InMemoryLake):
    """A lake with a hook at every call."""

    def __init__(self, before: Callable[[str], None]) -> None:
        super().__init__()
        self._before = before

    def __getattribute__(self, name: str) -> Any:
        if name in ("put", "get", "list", "upload", "download", "delete"):
            object.__getattribute__(self, "_before")(name)
        return object.__getattribute__(self, name)


def house(before: Callable[[str], None] = lambda _: None) -> House:
    """Two people with purchases, one of them with a letter to come and one at the vendor's; a cycle, a bad row."""
    built = House(before)
    built.lake = WatchedLake(before)
    people = [person(1, **HOME), person(2, given_name="Vera", surname="Okonkwo", **HOME)]
    built.load(built.stage("crm", people))
    built.load(built.stage("sales", [sale(1, 1), sale(2, 2)]))
    assert set(built.profiles()) == {ONE, TWO}
    bad = QuarantinedRow(source="crm", contract=1, file="f", line=9, faults=[], text='9,"P1@Mail.test",x')
    fine = QuarantinedRow(source="crm", contract=1, file="f", line=10, faults=[], text="10,p2@mail.test,x")
    built.lake.put("quarantine/crm/f.jsonl", b"\n".join(map(msgspec.json.encode, (bad, fine))) + b"\n")
    built.lake.put(f"decisions/events/{ONE}/a.jsonl", b"{}\n{}\n")
    built.lake.put("segments/one/part-00000.parquet", parquet("segments"))
    return built


_MADE: dict[str, bytes] = {}


def parquet(name: str) -> bytes:
    """A file of two customers."""
    if name not in _MADE:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "x.parquet"
            duckdb.execute(
                f"COPY (SELECT unnest(['{ONE}', '{TWO}']) AS customer_id, 5 AS age) TO '{path}' (FORMAT parquet)"
            )
            _MADE[name] = path.read_bytes()
    return _MADE[name]


def outside(built: House, book: Rulebook = BOOK, days: int = 0) -> Erasing:
    return Erasing(built.store, built.index, built.lake, book, KEY, NOW + timedelta(days=days), "officer")


def reserve_one(built: House, trigger_: str = "offer", customer: str = ONE) -> object:
    candidate = Candidate(trigger_, "once", NOW + timedelta(days=30), NOW + timedelta(days=1))
    (decision,) = reserve(built.store, customer, None, [candidate], policy_of(BOOK), NOW, KEY)
    return decision


def everything(built: House) -> bytes:
    """All that is held anywhere, staged files unpacked."""
    objects = [
        gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        for content in built.lake.objects.values()
    ]
    index = msgspec.json.encode([list(built.index._records.values()), sorted(built.index._matches)])
    members = repr(sorted((e, sorted(m)) for e, m in built.index._members.items() if m)).encode()
    events = [msgspec.json.encode(built.store.read_timeline(id_)) for id_ in (ONE, TWO)]
    return b"\n".join([*objects, index, members, *events, *built.profiles().values()])


def test_nothing_of_the_person_is_left_and_nothing_of_anybody_else_goes() -> None:
    built = house()
    assert isinstance(reserve_one(built), Reserved)
    before = built.store.read_timeline(TWO)
    certificate = erase(ONE, outside(built))
    assert certificate.status == "done"
    assert certificate.done["events"] == 3  # the record, the sale, the contact
    assert certificate.done["rows of the lake"] == 1 + 1 + 1 + 2 + 1
    assert certificate.done["records of the identity index"] == 1
    left = everything(built)
    for trace in (
        b"p1@mail.test",
        b"P1@Mail",
        b"Name1",
        b"name1",
        b"Lindqvist",
        b"lindqvist",
        b"crm/1",
        b"5550101",
        b'"s1"',
    ):
        assert trace not in left, trace
    assert b"Okonkwo" in left
    assert built.store.read_timeline(TWO) == before
    assert [event.id for event in built.store.read_timeline(ONE)] == ["erasure"]
    assert built.store.read_profile(ONE).profile.privacy == ["erasure"]
    assert [
        row.id for row in decode_rows(gzip.decompress(built.lake.get("staged/crm/f/00000.jsonl.gz")))
    ] == ["2"]
    assert certificate_of(built.lake, ONE) == certificate


def test_nobody_can_contact_an_erased_customer() -> None:
    built = house()
    assert isinstance(reserve_one(built), Reserved)
    erase(ONE, outside(built))
    assert built.store.read_contact(ONE, "offer", "once") is None
    decision = reserve_one(built)
    assert isinstance(decision, Suppressed)
    assert decision.reason is Reason.ERASED


@pytest.mark.parametrize(
    "rows",
    [
        [person(1, version="v2", city="Troy", **{k: v for k, v in HOME.items() if k != "city"})],
        [person(77, email="p1@mail.test", given_name="Name1")],
        [person(77, email="p1@mail.test", given_name="", surname="", phone="")],
        [sale(5, 1)],
    ],
    ids=[
        "the same record changed",
        "another record with her address",
        "her address alone",
        "a purchase of hers",
    ],
)
def test_a_later_file_revives_nobody(rows: list[StagedRow]) -> None:
    built = house()
    erase(ONE, outside(built))
    before, timelines = built.profiles(), built.store.read_timeline(ONE)
    source = rows[0].source
    built.load(built.stage(source, rows, "later"))
    assert built.profiles() == before
    assert built.store.read_timeline(ONE) == timelines
    assert f"{source}/{rows[0].id}" not in built.index._records


def test_what_the_person_had_put_right_goes_too_and_brings_nobody_back() -> None:
    built = house()
    fresh = {entry for entry, held in built.index._members.items() if held}
    correct(ONE, {"email": "right@mail.test", "city": "Troy"}, Correcting(built.store, built.index, KEY, "US", NOW))  # fmt: skip
    filed = {entry for entry, held in built.index._members.items() if held} - fresh
    assert sorted(entry.partition(":")[0] for entry in filed) == ["corrected", "right-email", "wrong-email"]
    certificate = erase(ONE, outside(built))
    assert certificate.done["look-ups by corrected values"] == len({"right-email", "wrong-email"})
    assert not any(built.index._members[entry] for entry in filed)
    assert b"right@mail" not in everything(built)
    before = built.profiles()
    told = person(77, email="Right@mail.test", given_name="Name1", phone="")  # by a source that was told
    built.load(built.stage("crm", [told], "later"))
    assert built.profiles() == before
    son = person(78, given_name="Ulf", surname="Andersson", email="right@mail.test", phone="")
    built.load(built.stage("crm", [son], "later still"))
    assert customer_id_of(KEY, "crm/78") in built.profiles()


def test_a_relative_at_the_same_address_is_let_in() -> None:
    built = house()
    erase(ONE, outside(built))
    son = person(78, given_name="Ulf", surname="Andersson", email="p1@mail.test")
    built.load(built.stage("crm", [son], "later"))
    assert customer_id_of(KEY, "crm/78") in built.profiles()


def test_somebody_without_a_name_goes_by_the_address() -> None:
    index, nameless = InMemoryIdentityIndex(), Traits(email="x@mail.test")
    remember(index, hashes_of(KEY, "crm/1", nameless), ONE)
    remember(index, hashes_of(KEY, "crm/3", None), TWO)
    named = Traits(given="ada", surname="lindqvist", email="x@mail.test")
    asked = {
        "web/9": named,
        "web/10": nameless,
        "web/11": Traits(email="y@mail.test"),
        "crm/3": None,
        "crm/4": None,
    }
    assert erased_among(index, KEY, asked.items()) == {"web/9": ONE, "web/10": ONE, "crm/3": TWO}


def test_a_death_at_any_call_is_made_good_and_leaves_nobody_contactable() -> None:
    calls: list[str] = []
    straight = house(calls.append)
    assert isinstance(reserve_one(straight), Reserved)
    calls.clear()
    erase(ONE, outside(straight))
    needed, wanted = len(calls), everything_but_runs(straight)
    assert needed > 25
    for at in range(needed):
        left = [-1]

        def dies(name: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Crash(name)

        built = house(dies)
        assert isinstance(reserve_one(built), Reserved)
        whole = len(built.store.read_timeline(ONE))
        left[0] = at + 1
        with pytest.raises(Crash):
            erase(ONE, outside(built))
        left[0] = -1
        profile = built.store.read_profile(ONE).profile
        touched = len(built.store.read_timeline(ONE)) != whole or "crm/1" not in built.index._records
        assert not touched or "erasure" in profile.privacy, calls[at]
        # the file comes again while the erasure lies half done
        built.load(built.stage("crm", [person(1, version="v3")], "again"))
        certificate = erase(ONE, outside(built))
        assert certificate.status == "done"
        built.lake.delete("staged/crm/again/00000.jsonl.gz")
        assert everything_but_runs(built) == wanted, calls[at]
        assert b"Lindqvist" not in everything(built)


def everything_but_runs(built: House) -> tuple[object, ...]:
    """Timelines, profiles, index and lake, without what counts runs."""
    objects = {
        path: gzip.decompress(content) if path.endswith(".gz") else content
        for path, content in built.lake.objects.items()
        if not path.startswith("outcomes/") and "again" not in path
    }
    members = {entry: set(held) for entry, held in built.index._members.items() if held}
    certificate = certificate_of(built.lake, ONE)
    kept = (certificate.status, certificate.hashes, certificate.ids, certificate.pieces)
    timelines = [built.store.read_timeline(id_) for id_ in (ONE, TWO)]
    return (built.profiles(), timelines, set(built.index._records), members, objects, kept)


def test_an_erasure_while_a_file_is_loaded_takes_back_what_it_could_not_see() -> None:
    """The erasure happens between any two calls of the loading; whatever is written after it goes again."""
    calls: list[str] = []
    watched = house(calls.append)
    message = watched.stage("crm", [person(1, version="v2")], "later")
    calls.clear()
    watched.load(message)
    for at in range(len(calls)):
        left, erasing, houses = [-1], [False], list[House]()

        def slips_in(
            name: str, left: list[int] = left, erasing: list[bool] = erasing, houses: list[House] = houses
        ) -> None:
            if erasing[0]:
                return
            left[0] -= 1
            if left[0] == 0:
                erasing[0] = True
                erase(ONE, outside(houses[0]))

        built = house(slips_in)
        houses.append(built)
        message = built.stage("crm", [person(1, version="v2")], "later")
        left[0] = at + 1
        try:
            built.load(message)
        except Conflict:
            built.load(message)
        erasing[0] = True
        assert "erasure" in built.store.read_profile(ONE).profile.privacy
        assert [event.id for event in built.store.read_timeline(ONE)] == ["erasure"], calls[at]
        assert "crm/1" not in built.index._records, calls[at]
        assert not built.index._members.get(customer_entry(ONE))


def test_a_piece_at_the_vendors_is_asked_back_before_its_contact_goes() -> None:
    book = BOOK.model_copy(update={"messages": MessageRules(printers={"letter": "harbor"})})
    built = house()
    assert isinstance(reserve_one(built, "print"), Reserved)
    held = claim(built.store, ONE, "print", "once", BOOK, NOW + timedelta(days=1), "m1")
    assert isinstance(held, Claimed)
    record_sent(built.store, ONE, held.contact, "m1", NOW + timedelta(days=1), mailing="m1")
    ours, theirs = contact_id(ONE, "print", "once"), contact_id(TWO, "print", "once")
    home = PostalAddress("Name1 Lindqvist", "", "7 Quince Lane", "", "Albany", "NY", "12201", "US")
    pieces = [
        Piece(ours, f"{ours}.pdf", "0", 1, home, ONE, "print", "once", "h"),
        Piece(theirs, f"{theirs}.pdf", "0", 1, home, TWO, "print", "once", "h"),
    ]
    register = Register("m1", "harbor", "letter", PrintProductSize("letter", 8.5, 11), NOW, pieces)
    vendors = book.messages.model_copy(update={"vendors": {"harbor": None}})
    book = book.model_copy(update={"messages": vendors})
    built.lake.put("mailings/harbor/m1/register.json", encode_register(register))
    for piece in pieces:
        built.lake.put(f"mailings/harbor/m1/{piece.file}", b"%PDF")
    waiting = erase(ONE, outside(built, book))
    assert (waiting.status, waiting.pieces) == ("waiting", 1)
    contact = built.store.read_contact(ONE, "print", "once")
    assert contact is not None
    assert contact.recall == "wanted"
    assert b"Lindqvist" in built.lake.get("mailings/harbor/m1/register.json")
    stopped = Feedback(source="harbor", id="m1/x", when=NOW, contact=ours, channel="letter", type="rejected")
    apply_feedback(built.store, ONE, stopped, NOW)
    built.store.move_contact(
        ONE, msgspec.structs.replace(contact, recall="answered"), contact.state, contact.claim
    )
    assert ask_again(outside(built, book, days=1)) == [ONE]
    assert carry_on(outside(built, book, days=1)) == {ONE: "done"}
    done = certificate_of(built.lake, ONE)
    assert (done.status, done.pieces) == ("done", 0)
    assert done.done["printed pieces"] == 1
    left = decode_register(built.lake.get("mailings/harbor/m1/register.json"))
    assert [piece.to.name for piece in left.pieces] == ["", "Name1 Lindqvist"]
    assert f"mailings/harbor/m1/{ours}.pdf" not in built.lake.objects
    assert f"mailings/harbor/m1/{theirs}.pdf" in built.lake.objects
    assert not any(isinstance(event, Contact) for event in built.store.read_timeline(ONE))
    assert ask_again(outside(built, book, days=9)) == []


def test_after_a_restore_whoever_came_back_goes_again() -> None:
    built, backup = house(), house()
    first = erase(ONE, outside(built))
    backup.lake.objects |= {path: built.lake.get(path) for path in built.lake.list("outcomes/erasures/")}
    assert ask_again(outside(backup, days=9)) == [ONE]
    assert carry_on(outside(backup, days=9)) == {ONE: "done"}
    again = certificate_of(backup.lake, ONE)
    assert again.runs == 2
    assert again.hashes == first.hashes
    assert [event.id for event in backup.store.read_timeline(ONE)] == ["erasure"]
    backup.load(backup.stage("crm", [person(1, version="v9")], "later"))
    assert [event.id for event in backup.store.read_timeline(ONE)] == ["erasure"]
    assert TWO in backup.profiles()
    assert ask_again(outside(backup, days=20)) == []


def test_neighbours_in_the_index_forget_the_person_too() -> None:
    built = house()
    one, two = (built.index.read_records([subject])[subject] for subject in ("crm/1", "crm/2"))
    parted = [
        msgspec.structs.replace(one, apart=("crm/2",)),
        msgspec.structs.replace(two, apart=("crm/1", "x/1")),
    ]
    assert built.index.write_records(parted) == set()
    pairs = [
        PossibleMatch(left=a, right=b, weight=1, levels="", found=NOW)
        for a, b in (("crm/1", "crm/2"), ("a/1", "b/1"))
    ]
    built.index.put_matches(pairs)
    erase(ONE, outside(built))
    assert built.index.read_records(["crm/2"])["crm/2"].apart == ("x/1",)
    assert [match.left for match in built.index.list_matches(9)] == ["a/1"]


def test_who_is_not_there_or_under_way_is_not_erased() -> None:
    built = house()
    with pytest.raises(NotFound, match="there is no customer"):
        erase("c" + "z" * 26, outside(built))
    with pytest.raises(NotFound, match="was never erased"):
        certificate_of(built.lake, ONE)
    profile, version = built.store.read_profile(ONE)
    built.store.put_profile(msgspec.structs.replace(profile, merging=True), version)
    with pytest.raises(Conflict, match="merged or split"):
        erase(ONE, outside(built))


def test_what_a_source_called_an_erasure_is_carried_out_from_then_on() -> None:
    built = house()
    asked = Privacy(source="crm", id="e", when=NOW - timedelta(days=3), type="erasure", covers=("crm/1",))
    built.store.append(ONE, [asked])
    from courtesy.timeline.refold import refold

    refold(built.store, ONE)
    certificate = erase(ONE, outside(built))
    assert certificate.requested == asked.when
    assert isinstance(certificate, Certificate)
