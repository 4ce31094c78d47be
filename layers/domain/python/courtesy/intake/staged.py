"""The staged row: what read_drop hands to load_chunk for each new, changed or gone row, the chunk it travels in, and its events.

A chunk is JSON Lines: a head with what all of its rows share and the names of their fields, then one array for each row.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from courtesy.intake.contract import FieldRule, SourceContract
from courtesy.intake.fields import CUSTOM, CUSTOM_KINDS, PERSON_FIELDS, field_of
from courtesy.timeline.events import (
    Asset,
    Case,
    Event,
    Interaction,
    Permission,
    Response,
    Scalar,
    SourceRecord,
    Transaction,
)


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


class ChunkHead(msgspec.Struct, frozen=True):
    """The first line of a chunk. person, event: names of the fields whose values the rows carry; None: the rows have none."""

    source: str
    contract: int
    file: str
    person: list[str] | None
    event: list[str] | None


class _Line(msgspec.Struct, frozen=True, array_like=True):
    """A row's line: see `StagedRow`; `person` and `event` are values in the order of the head's names."""

    line: int
    id: str
    when: datetime
    stated: datetime
    version: str
    gone: bool
    customer: str
    person: list[Scalar | None] | None
    event: list[Scalar | None] | None


_head_decoder = msgspec.json.Decoder(ChunkHead)
_line_decoder = msgspec.json.Decoder(_Line)
_encoder = msgspec.json.Encoder()

_KINDS: dict[str, type[Transaction | Interaction | Case | Permission | Asset | Response]] = {
    "transaction": Transaction,
    "interaction": Interaction,
    "case": Case,
    "permission": Permission,
    "asset": Asset,
    "response": Response,
}


def decode_rows(document: bytes) -> list[StagedRow]:
    """All rows of an unpacked chunk. Raises msgspec.ValidationError when it is none."""
    first, _, rest = document.partition(b"\n")
    head = _head_decoder.decode(first)
    person, event = head.person or [], head.event or []
    return [
        StagedRow(
            source=head.source,
            contract=head.contract,
            file=head.file,
            line=row.line,
            id=row.id,
            when=row.when,
            stated=row.stated,
            version=row.version,
            gone=row.gone,
            customer=row.customer,
            person=None if row.person is None else dict(zip(person, row.person, strict=True)),
            event=None if row.event is None else dict(zip(event, row.event, strict=True)),
        )
        for row in _line_decoder.decode_lines(rest)
    ]


def encode_head(head: ChunkHead) -> bytes:
    """The first line of a chunk, without the line break."""
    return _encoder.encode(head)


def encode_rows(rows: Sequence[StagedRow]) -> bytes:
    """A chunk of rows of one file, at least one; what `decode_rows` gives back."""
    person = list(dict.fromkeys(name for row in rows for name in row.person or ()))
    event = list(dict.fromkeys(name for row in rows for name in row.event or ()))
    head = ChunkHead(rows[0].source, rows[0].contract, rows[0].file, person, event)
    lines = [
        _Line(
            row.line,
            row.id,
            row.when,
            row.stated,
            row.version,
            row.gone,
            row.customer,
            None if row.person is None else [row.person.get(name) for name in person],
            None if row.event is None else [row.event.get(name) for name in event],
        )
        for row in rows
    ]
    return b"\n".join([encode_head(head), *map(_encoder.encode, lines)])


def subject_of(row: StagedRow, contract: SourceContract) -> str:
    """The person record ("source/id") that the row is about.

    A row that names the customer is about that customer's record (in the source that `refers_to` names); every other row is
    about the record of its own id.
    """
    if row.customer:
        return f"{contract.refers_to or row.source}/{row.customer}"
    return f"{row.source}/{row.id}"


def events_of(row: StagedRow, contract: SourceContract) -> list[Event]:
    """The timeline events of a staged row: the person record first, where the row carries one, then the event itself.

    Every event carries file, line and subject; a person record carries the contract's trust. A person record of a row that
    refers to another source's numbering is this source's own word on that person, so its id is the row's customer.
    Raises msgspec.ValidationError when the fields do not make an event (the contract's types keep that from happening).
    """
    events: list[Event] = []
    subject = subject_of(row, contract)
    stem: dict[str, Any] = {
        "source": row.source,
        "when": row.when,
        "version": row.version,
        "stated": row.stated,
        "gone": row.gone,
        "file": row.file,
        "line": row.line,
    }
    rules = contract.fields if contract.record == "person" else contract.person
    person = _known(row.person)
    if contract.record == "person" or person:
        fields = {
            name: value for name, value in contract.constants.items() if _is_person(name, contract)
        } | person
        events.append(
            SourceRecord(
                **stem,
                id=row.id if contract.record == "person" else (row.customer or row.id),
                subject=subject,
                fields=fields,
                trust=contract.trust,
                field_trust=_field_trust(rules, fields),
            )
        )
    if contract.record != "person":
        events.append(_event(row, contract, stem | {"id": row.id, "subject": subject}))
    return events


def _event(row: StagedRow, contract: SourceContract, stem: dict[str, Any]) -> Event:
    values: dict[str, Any] = {
        name: value for name, value in contract.constants.items() if not _is_person(name, contract)
    } | _known(row.event)
    if contract.record in CUSTOM_KINDS:
        custom = {
            name.removeprefix(CUSTOM): values.pop(name) for name in list(values) if name.startswith(CUSTOM)
        }
        stem = stem | {"custom": custom}
    values.setdefault("division", contract.division)
    if contract.record == "case":
        values.setdefault("opened", row.when)
    if row.gone:
        values = _GONE.get(contract.record, {}) | values
    return msgspec.convert(stem | values, _KINDS[contract.record])


_GONE: dict[str, dict[str, Any]] = {
    "interaction": {"channel": ""},
    "response": {"type": "failed"},
}
"""What the event of a row that is gone needs; the fold leaves it out."""


def _known(values: Mapping[str, Scalar | None] | None) -> dict[str, Scalar]:
    return {name: value for name, value in (values or {}).items() if value is not None and value != ""}


def _is_person(name: str, contract: SourceContract) -> bool:
    if contract.record == "person":
        return True
    return field_of(contract.record, name) is None and name in PERSON_FIELDS


def _field_trust(rules: Mapping[str, FieldRule], fields: Mapping[str, Scalar]) -> dict[str, int]:
    return {name: rule.trust for name, rule in rules.items() if rule.trust is not None and name in fields}
