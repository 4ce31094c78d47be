"""Taking people out of the buckets, object by object: rows of cycles, decisions, intake and quarantine; received mail; dropped files.

Every object is read, and written anew only where one of the people is in it, so doing it again changes nothing. Printed pieces are
found by the contacts.
"""

import gzip
import io
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb
import msgspec
from msgspec.structs import replace

from courtesy.errors import CourtesyError, NotFound, RefusedInput
from courtesy.intake.contract import SourceContract
from courtesy.intake.quarantine import decode_quarantine
from courtesy.intake.report import decode_report
from courtesy.intake.staged import decode_rows, subject_of
from courtesy.messages.mailing import Register, decode_register, encode_register, folder, manifest
from courtesy.messages.postal import PostalAddress
from courtesy.outcomes import FileOutcome
from courtesy.ports import Lake
from courtesy.privacy.erased import subject_hash
from courtesy.privacy.traces import Traces
from courtesy.timeline.events import Contact

BY_CUSTOMER = ("snapshots", "segments", "moves", "decisions")
"""Folders of Parquet files with a column `customer_id`."""

_EVENTS = "decisions/events/"
DROPPED = "dropped:"
"""What a place in the drops bucket begins with; the others are paths of the lake."""

_BLOCK, _OVERLAP = 1 << 20, 400
Found = dict[str, int]
"""Customer -> rows (or objects) of theirs that went."""


class Unreadable(CourtesyError):
    """An object is damaged, so nothing can be found in it."""


class _Owner(msgspec.Struct):
    customer_id: str


@dataclass
class Search:
    """A walk through the buckets for some people. drops: None where the dropped files are out of reach; scratch: a local folder."""

    lake: Lake
    drops: Lake | None
    sources: Mapping[str, SourceContract]
    people: Sequence[Traces]
    scratch: Path
    hash_key: bytes
    _read: dict[str, frozenset[str]] = field(default_factory=dict)

    def places(self) -> list[str]:
        """Every object that may hold them, in the order in which they are looked through."""
        found = [path for kind in BY_CUSTOMER for path in self.lake.list(f"{kind}/") if _is_rows(path)]
        for id_ in sorted(self._owners()):
            found += self.lake.list(f"{_EVENTS}{id_}/")
        found += self.lake.list("decisions/held/")
        found += [path for path in self.lake.list("decisions/days/") if path.endswith(".jsonl")]
        found += [path for folder_ in ("quarantine/", "inbound/") for path in self.lake.list(folder_)]
        for name in sorted(self.sources):
            found += [p for p in self.lake.list(f"staged/{name}/") if p.endswith((".jsonl", ".jsonl.gz"))]
        if self.drops is not None:
            for name in sorted({source for person in self.people for source in person.sources}):
                found += [DROPPED + path for path in self.drops.list(f"{name}/")]
        return sorted(found)

    def clear(self, place: str) -> Found:
        """Take them out of one object. Raises Unreadable where it is not what its place says."""
        try:
            return self._cleared(place)
        except (
            duckdb.Error,
            msgspec.MsgspecError,
            gzip.BadGzipFile,
            EOFError,
            zlib.error,
            RefusedInput,
        ) as error:
            raise Unreadable(f"{place.partition('/')[0]}: {type(error).__name__}") from error

    def _cleared(self, place: str) -> Found:
        if place.startswith(DROPPED):
            return self._dropped(place.removeprefix(DROPPED))
        try:
            if place.endswith(".parquet"):
                return self._columns(place)
            if place.startswith(_EVENTS):
                return self._own_log(place)
            if place.startswith("decisions/"):
                return self._lines(place, self._decides)
            if place.startswith("staged/"):
                return self._staged(place)
            if place.startswith("quarantine/"):
                return self._lines(place, self._quarantined)
            return self._mail(place)
        except NotFound:  # it expired, or another run took it away
            return {}

    def _owners(self) -> dict[str, str]:
        """Every id of theirs -> the customer that it is today."""
        return {id_: person.customer_id for person in self.people for id_ in person.ids}

    def _own_log(self, path: str) -> Found:
        rows = len(self.lake.get(path).splitlines())
        self.lake.delete(path)
        return {self._owners()[path.split("/")[2]]: rows}

    def _columns(self, path: str) -> Found:
        before, after = self.scratch / "before.parquet", self.scratch / "after.parquet"
        self.lake.download(path, before)
        ids = self._owners()
        with duckdb.connect(config={"threads": "1", "memory_limit": "500MB"}) as connection:
            source, wanted = f"read_parquet('{before.as_posix()}')", {"ids": sorted(ids)}
            counted = connection.execute(
                f"SELECT customer_id, count(*) FROM {source} WHERE customer_id IN (SELECT unnest($ids)) GROUP BY ALL",
                wanted,
            ).fetchall()
            if not counted:
                return {}
            connection.execute(
                f"COPY (SELECT * FROM {source} WHERE customer_id NOT IN (SELECT unnest($ids))) "
                f"TO '{after.as_posix()}' (FORMAT parquet, COMPRESSION zstd)",
                wanted,
            )
        self.lake.upload(after, path)
        return _summed((ids[id_], int(rows)) for id_, rows in counted)

    def _decides(self, content: bytes) -> list[str]:
        ids = self._owners()
        owners = [msgspec.json.decode(line, type=_Owner).customer_id for line in content.splitlines()]
        return [ids.get(owner, "") for owner in owners]

    def _quarantined(self, content: bytes) -> list[str]:
        return [
            next((person.customer_id for person in self.people if person.in_row(row.text)), "")
            for row in decode_quarantine(content)
        ]

    def _lines(self, path: str, whose: Callable[[bytes], list[str]]) -> Found:
        """Lines of JSON, each of somebody (`whose`: customer, or empty) or of nobody here."""
        content = self.lake.get(path)
        lines, owners = content.splitlines(), whose(content)
        if not any(owners):
            return {}
        kept = [line + b"\n" for line, owner in zip(lines, owners, strict=True) if not owner]
        if kept:
            self.lake.put(path, b"".join(kept))
        else:
            self.lake.delete(path)
        return _summed((owner, 1) for owner in owners if owner)

    def _staged(self, path: str) -> Found:
        content = self.lake.get(path)
        packed = content[:2] == b"\x1f\x8b"
        document = gzip.decompress(content) if packed else content
        contract = self.sources[path.split("/")[1]]
        head, *lines = document.splitlines()
        owners = [self._owner(subject_of(row, contract)) for row in decode_rows(document)]
        if not any(owners):
            return {}
        without = b"\n".join([head, *(x for x, owner in zip(lines, owners, strict=True) if not owner)])
        self.lake.put(path, gzip.compress(without, mtime=0) if packed else without)
        return _summed((owner, 1) for owner in owners if owner)

    def _owner(self, subject: str) -> str:
        """Whose a person record is; known by its hash too, for rows that came after the record was forgotten."""
        kept = subject_hash(self.hash_key, subject)
        mine = (p.customer_id for p in self.people if subject in p.subjects or kept in p.hashes)
        return next(mine, "")

    def _mail(self, path: str) -> Found:
        text = self.lake.get(path).decode("utf-8", "replace")
        mine = [person.customer_id for person in self.people if person.strong.search(text)]
        if mine:
            self.lake.delete(path)
        return dict.fromkeys(mine, 1)

    def _dropped(self, path: str) -> Found:
        """A file that was read to its end and mentions one of them goes as a whole: the source has it, and nobody reads it again."""
        if self.drops is None:
            return {}
        name = path.partition("/")[0]
        people = [person for person in self.people if name in person.sources]
        if not people or path not in self._ended(name):
            return {}
        local = self.scratch / "dropped"
        try:
            self.drops.download(path, local)
        except NotFound:
            return {}
        mine = [person.customer_id for person in people]
        if not path.endswith(".parquet"):
            contract = self.sources.get(name)
            mine = _mentioned(local, contract.format.encoding if contract else "utf-8", people)
        if mine:
            self.drops.delete(path)
        return dict.fromkeys(mine, 1)

    def _ended(self, source: str) -> frozenset[str]:
        """The dropped files of a source that were read to their end."""
        if source not in self._read:
            paths = self.lake.list(f"outcomes/files/{source}/")
            reports = [decode_report(self.lake.get(path)) for path in paths]
            under_way = {report.key for report in reports if report.outcome is FileOutcome.LOADING}
            self._read[source] = frozenset({report.key for report in reports} - under_way)
        return self._read[source]


def _mentioned(local: Path, encoding: str, people: Sequence[Traces]) -> list[str]:
    """Who of them is mentioned in a file; all of them where it cannot be read."""
    packed = _starts_packed(local)
    found: set[str] = set()
    try:
        with _opened(local, packed) as file, io.TextIOWrapper(file, encoding, errors="replace") as text:
            last = ""
            while block := text.read(_BLOCK):
                found |= {person.customer_id for person in people if person.in_text(last + block)}
                last = block[-_OVERLAP:]
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return [person.customer_id for person in people]
    return sorted(found)


def _starts_packed(local: Path) -> bool:
    with local.open("rb") as file:
        return file.read(2) == b"\x1f\x8b"


def _opened(local: Path, packed: bool) -> IO[bytes]:
    return gzip.open(local, "rb") if packed else local.open("rb")  # type: ignore[return-value]


def _is_rows(path: str) -> bool:
    return path.endswith(".parquet") and "/part-" in path


def _summed(pairs: Iterable[tuple[str, int]]) -> Found:
    found: Found = {}
    for customer_id, count in pairs:
        found[customer_id] = found.get(customer_id, 0) + count
    return found


def scrub_pieces(lake: Lake, vendors: Iterable[str], contacts: Iterable[Contact]) -> int:
    """The printed pieces of these contacts, and name and address in registers and manifests; how many pieces went."""
    mailings: dict[str, set[str]] = {}
    for contact in contacts:
        if contact.mailing:
            mailings.setdefault(contact.mailing, set()).add(contact.id)
    pieces = 0
    for vendor in sorted(vendors):
        for mailing_id, ids in sorted(mailings.items()):
            pieces += _scrub_mailing(lake, folder(vendor, mailing_id), ids)
    return pieces


def _scrub_mailing(lake: Lake, place: str, ids: Collection[str]) -> int:
    try:
        register = decode_register(lake.get(f"{place}register.json"))
    except NotFound:
        return 0
    mine = [piece for piece in register.pieces if piece.id in ids and piece.customer_id]
    if not mine:
        return 0
    for piece in mine:
        for file in filter(None, (piece.file, piece.back)):
            lake.delete(place + file)
    nobody = PostalAddress("", "", "", "", "", "", "", "")
    without: Register = replace(
        register,
        pieces=[
            replace(piece, to=nobody, customer_id="", address="") if piece in mine else piece
            for piece in register.pieces
        ],
    )
    lake.put(f"{place}manifest.jsonl", manifest(without))
    lake.put(f"{place}register.json", encode_register(without))
    return len(mine)
