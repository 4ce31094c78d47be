"""Nine feeds cut from one file of people: each with its own columns, order, delimiter, encoding and form of dates."""

import csv
import json
import random
from collections.abc import Mapping, Sequence
from datetime import date
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from courtesy.intake.contract import SourceContract

FEBRL = Path(__file__).parents[3] / "../shared/data/identity-febrl/dataset2.csv"

FIELDS = {
    "given_name": "given_name",
    "surname": "surname",
    "street_number": "street_number",
    "address1": "address_1",
    "address2": "address_2",
    "city": "suburb",
    "postcode": "postcode",
    "state": "state",
    "date_of_birth": "date_of_birth",
    "national_id": "soc_sec_id",
}
"""Canonical field -> column of the reference file."""

Row = Mapping[str, str]
"""Canonical fields of one record, with `id`."""


class Feed(NamedTuple):
    """A source's file and the contract by which it is read."""

    contract: SourceContract
    name: str
    content: bytes
    rows: Sequence[Row]


class Form(NamedTuple):
    """How one source writes its file."""

    name: str
    kind: str = "csv"
    delimiter: str = ","
    encoding: str = "utf-8"
    dates: str = ""
    header: bool = True


FORMS = (
    Form("alpha"),
    Form("bravo", delimiter=";", encoding="cp1252", dates="%d.%m.%Y"),
    Form("charlie", kind="tsv", delimiter="\t", dates="%m/%d/%Y"),
    Form("delta", delimiter="|", encoding="utf-16", dates="%d-%m-%Y"),
    Form("echo", kind="jsonl", dates="%Y/%m/%d"),
    Form("foxtrot", encoding="utf-8-sig", dates="%Y%m%d"),
    Form("golf", kind="fixed", dates="%d/%m/%Y", header=False),
    Form("hotel", delimiter=",", encoding="latin-1", header=False),
    Form("india", delimiter=";", dates="%Y.%m.%d"),
)
WIDTH = 60


def people(limit: int = 0, start: int = 0) -> list[Row]:
    """The records of the reference file, whole people only: those whose number is below `limit` (0: all), from `start` on.

    A day that no calendar has is left out: no system with a date column could have held it.
    """
    found: list[Row] = []
    with FEBRL.open(newline="") as source:
        for row in csv.DictReader(source, skipinitialspace=True):
            number = int(row["rec_id"].split("-")[1])
            if number < start or (limit and number >= limit):
                continue
            fields = {name: row[column].strip() for name, column in FIELDS.items()}
            fields["date_of_birth"] = _day(fields["date_of_birth"])
            found.append({"id": row["rec_id"], **fields})
    return found


def cut(rows: Sequence[Row], seed: int = 11, suffix: str = "") -> list[Feed]:
    """Deal the rows out to nine sources; `suffix` tells their names from those of another cut."""
    rnd = random.Random(seed)  # noqa: S311 - an order, no secret
    dealt: list[list[Row]] = [[] for _ in FORMS]
    for row in rows:
        rnd.choice(dealt).append(row)
    forms = (form._replace(name=form.name + suffix) for form in FORMS)
    return [_feed(form, held, rnd) for form, held in zip(forms, dealt, strict=True)]


def _feed(form: Form, rows: Sequence[Row], rnd: random.Random) -> Feed:
    named = {field: f"{form.name[:2]}_{field[::-1]}" for field in ("id", *FIELDS)}
    order = list(named)
    rnd.shuffle(order)
    columns = [named[field] for field in order]
    written = [{named[f]: _written(f, row[f], form) for f in order} for row in rows]
    layout: dict[str, object] = {"kind": form.kind, "delimiter": form.delimiter, "encoding": form.encoding}
    if not form.header:
        layout |= {"columns": columns, "header": False}
    if form.kind == "fixed":
        layout["widths"] = [WIDTH] * len(columns)
    rules: dict[str, dict[str, object]] = {f: {"column": named[f]} for f in FIELDS}
    rules["date_of_birth"]["date_format"] = form.dates
    contract = SourceContract.model_validate(
        {"name": form.name, "record": "person", "key": [named["id"]], "format": layout, "fields": rules}
    )
    content = _text(form, columns, written).encode(form.encoding)
    return Feed(contract, f"{form.name}.txt", content, rows)


def _text(form: Form, columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    if form.kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    if form.kind == "fixed":
        return "".join("".join(row[c].ljust(WIDTH) for c in columns) + "\n" for row in rows)
    out = StringIO()
    writer = csv.DictWriter(out, columns, delimiter=form.delimiter, lineterminator="\n")
    if form.header:
        writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _written(field: str, value: str, form: Form) -> str:
    if field != "date_of_birth" or not value:
        return value
    day = date.fromisoformat(value)
    return f"{day:{form.dates}}" if form.dates else value


def _day(text: str) -> str:
    try:
        return date.fromisoformat(f"{text[:4]}-{text[4:6]}-{text[6:]}").isoformat()
    except ValueError:
        return ""
