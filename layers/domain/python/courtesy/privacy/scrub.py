"""Taking a person out of the lake: staged and quarantined rows, rows of snapshots, segments, moves and decisions, printed pieces.

Every object is read, and written anew only where the person is in it, so doing it again changes nothing.
"""

import gzip
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from msgspec.structs import replace

from courtesy.errors import NotFound
from courtesy.intake.contract import SourceContract
from courtesy.intake.quarantine import decode_quarantine
from courtesy.intake.staged import decode_rows, subject_of
from courtesy.messages.mailing import Register, decode_register, encode_register, folder, manifest
from courtesy.messages.postal import PostalAddress
from courtesy.ports import Lake
from courtesy.timeline.events import Contact

BY_CUSTOMER = ("snapshots", "segments", "moves", "decisions")
"""Folders of Parquet files with a column `customer_id`."""


def scrub_columns(lake: Lake, customer_ids: Collection[str]) -> int:
    """Rows of these customers in the cycles' Parquet files, and their logs of single decisions; how many rows went."""
    rows = 0
    for customer_id in sorted(customer_ids):
        for path in lake.list(f"decisions/events/{customer_id}/"):
            rows += len(lake.get(path).splitlines())
            lake.delete(path)
    with TemporaryDirectory() as scratch:
        here = Path(scratch)
        for kind in BY_CUSTOMER:
            for path in lake.list(f"{kind}/"):
                if path.endswith(".parquet") and "/part-" in path:
                    rows += _scrub_file(lake, path, customer_ids, here)
    return rows


def _scrub_file(lake: Lake, path: str, customer_ids: Collection[str], here: Path) -> int:
    before, after = here / "before.parquet", here / "after.parquet"
    lake.download(path, before)
    with duckdb.connect(config={"threads": "1", "memory_limit": "500MB"}) as connection:
        source = f"read_parquet('{before.as_posix()}')"
        wanted = {"ids": sorted(customer_ids)}
        counted = connection.execute(
            f"SELECT count(*) FROM {source} WHERE customer_id IN (SELECT unnest($ids))", wanted
        ).fetchone()
        if not counted or not counted[0]:
            return 0
        connection.execute(
            f"COPY (SELECT * FROM {source} WHERE customer_id NOT IN (SELECT unnest($ids))) "
            f"TO '{after.as_posix()}' (FORMAT parquet, COMPRESSION zstd)",
            wanted,
        )
    lake.upload(after, path)
    return int(counted[0])


def scrub_rows(
    lake: Lake, sources: Mapping[str, SourceContract], subjects: Collection[str], words: Iterable[str]
) -> int:
    """Rows of these person records among what intake staged or put in quarantine; how many went.

    words: the person's e-mail addresses; a quarantined row could not be read, so it goes where it has one of them
    """
    ids = [subject.partition("/")[2].encode() for subject in sorted(subjects)]
    spoken = sorted({word.casefold() for word in words if word})
    rows = 0
    for name, contract in sorted(sources.items()) if subjects else ():
        for path in lake.list(f"staged/{name}/"):
            if not path.endswith((".jsonl", ".jsonl.gz")):
                continue
            content = lake.get(path)
            packed = content[:2] == b"\x1f\x8b"
            document = gzip.decompress(content) if packed else content
            if not any(id_ in document for id_ in ids):
                continue
            head, *lines = document.splitlines()
            staged = zip(lines, decode_rows(document), strict=True)
            kept = [head, *(line for line, row in staged if subject_of(row, contract) not in subjects)]
            if len(kept) <= len(lines):
                rows += 1 + len(lines) - len(kept)
                without = b"\n".join(kept)
                lake.put(path, gzip.compress(without, mtime=0) if packed else without)
    for path in lake.list("quarantine/") if spoken else ():
        lines = lake.get(path).splitlines()
        texts = [row.text.casefold() for row in decode_quarantine(lake.get(path))]
        kept = [line for line, text in zip(lines, texts, strict=True) if not any(w in text for w in spoken)]
        if len(kept) < len(lines):
            rows += len(lines) - len(kept)
            lake.put(path, b"".join(line + b"\n" for line in kept))
    return rows


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
        lake.delete(place + piece.file)
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
