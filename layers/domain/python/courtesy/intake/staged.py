"""The staged row: what read_drop hands to load_chunk, one JSON line for each new, changed or gone row."""

from datetime import datetime

import msgspec

from courtesy.timeline.events import Scalar


class StagedRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row that passed its contract and differs from what was known of it.

    source, contract: name and version of the contract it was read by
    file, line:       the dropped file's key and the line its record begins on (1 is the first line of the file)
    id:               the row's key (several columns are joined by `|`)
    when, stated:     event time, and when the source said so; both UTC
    version:          hash of the row's content and of the contract's text
    gone:             the id disappeared from a full dump
    customer:         value of the contract's `customer_key`: the customer in that source's numbering, else empty
    person:           canonical person fields, where the row carries some; not yet normalised
    event:            canonical fields of the event, None for a person record; `custom.` names included
    Fields without a value are None.
    """

    source: str
    contract: int
    file: str
    line: int
    id: str
    when: datetime
    stated: datetime
    version: str
    gone: bool = False
    customer: str = ""
    person: dict[str, Scalar | None] | None = None
    event: dict[str, Scalar | None] | None = None


_decoder = msgspec.json.Decoder(StagedRow)
_encoder = msgspec.json.Encoder()


def decode_row(line: bytes) -> StagedRow:
    """The row of one line of a staged chunk. Raises msgspec.ValidationError when it is none."""
    return _decoder.decode(line)


def decode_rows(document: bytes) -> list[StagedRow]:
    """All rows of an unpacked chunk."""
    return _decoder.decode_lines(document)


def encode_row(row: StagedRow) -> bytes:
    """The row as one JSON line, without the line break."""
    return _encoder.encode(row)
