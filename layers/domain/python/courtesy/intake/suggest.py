"""A draft of a source contract from a sample of a file, with its doubts; a person finishes it."""

import csv
import gzip
import json
import re
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from courtesy.errors import RefusedFile
from courtesy.intake.unpack import check_text
from courtesy.outcomes import FileRefusal

_SAMPLE = 1 << 20
_ROWS = 2_000
_LONGEST = 100_000
_DELIMITERS = (",", ";", "\t", "|")
_DATES = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y%m%d", "%Y/%m/%d", "%d-%m-%Y")

_WORDS: dict[str, tuple[str, ...]] = {
    "given_name": ("givenname", "firstname", "forename", "vorname", "fname"),
    "surname": ("surname", "lastname", "familyname", "nachname", "lname"),
    "name": ("name", "fullname", "customername"),
    "title": ("title", "salutation", "anrede"),
    "company": ("company", "firm", "organisation", "organization"),
    "date_of_birth": ("dateofbirth", "birthdate", "dob", "born", "birthday", "geburtsdatum"),
    "gender": ("gender", "sex"),
    "email": ("email", "mail", "emailaddress", "mailaddress"),
    "phone": ("phone", "telephone", "tel", "mobile", "phonenumber", "telefon"),
    "street_number": ("streetnumber", "houseno", "housenumber"),
    "address1": ("address1", "street", "address", "addressline1", "strasse"),
    "address2": ("address2", "addressline2"),
    "city": ("city", "town", "suburb", "ort"),
    "postcode": ("postcode", "zip", "zipcode", "postalcode", "plz"),
    "state": ("state", "province", "region"),
    "country": ("country", "countrycode", "land"),
    "language": ("language", "lang"),
    "national_id": ("nationalid", "ssn", "socsecid", "socialsecuritynumber"),
    "loyalty_no": ("loyaltyno", "cardno", "membershipno", "loyaltynumber"),
    "dealer": ("dealer", "dealerid"),
}  # fmt: skip


class Suggestion(NamedTuple):
    """A draft as the mapping that a contract is made of, and what somebody has to look at: (place, doubt)."""

    contract: dict[str, Any]
    doubts: list[tuple[str, str]]


def suggest(file: Path, name: str = "") -> Suggestion:
    """Draft a contract from the first megabyte of a file. Raises RefusedFile where there is nothing to read."""
    with file.open("rb") as plain:
        packed = plain.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(file) if packed else file.open("rb") as stream:
            sample: bytes = stream.read(_SAMPLE)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise RefusedFile(
            FileRefusal.BROKEN_GZIP, "the gzip file is cut off or damaged", file=file.name
        ) from None
    if not sample.strip():
        raise RefusedFile(FileRefusal.EMPTY_FILE, "there is nothing in it to learn from", file=file.name)
    check_text(sample, file.name)
    doubts: list[tuple[str, str]] = []
    form: dict[str, Any] = {}
    if sample[:4] == b"PAR1" and file.suffix == ".parquet":
        columns, rows = _parquet(file)
        form = {"kind": "parquet"}
    else:
        form["kind"] = "csv"
        text, form["encoding"] = _decoded(sample, doubts)
        if "\0" in text:
            raise RefusedFile(
                FileRefusal.ENCODING,
                "it holds NUL characters: a binary file, or UTF-16 without a mark; say `encoding: utf-16-le` in a contract then",
                file=file.name,
            )
        whole = text.rpartition("\n")[0] if len(sample) == _SAMPLE else text
        if not whole.strip():
            raise RefusedFile(
                FileRefusal.HEADER,
                f"its first line is longer than {_SAMPLE:,} bytes, so it is no header",
                file=file.name,
            )
        if whole.lstrip().startswith(("[{", "[\n", "[\r")):
            raise RefusedFile(
                FileRefusal.HEADER,
                "one JSON document over the whole file; send one object on each line",
                file=file.name,
            )
        try:
            columns, rows = _read(whole, form, doubts)
        except csv.Error as error:
            raise RefusedFile(
                FileRefusal.HEADER, f"it cannot be taken apart: {error}", file=file.name
            ) from None
    if packed:
        form["gzip"] = True
    source = name or re.sub(r"[^a-z0-9]+", "_", file.name.split(".")[0].lower()).strip("_") or "source"
    fields: dict[str, dict[str, Any]] = {}
    for at, column in enumerate(columns):
        values = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        field = _canonical(column, fields)
        fields[field] = {"column": column} | _rule(field, values, doubts)
    key = _key(columns, rows, doubts)
    doubts += [
        ("record", "taken to be persons; a transaction, case, permission ... has fields of its own"),
        ("event_time", "no column is taken as the time of the event; without one it is the file's date"),
        ("full_dump", "taken to be changes only; say `true` where every file holds all records"),
    ]
    contract: dict[str, Any] = {
        "name": source,
        "record": "person",
        "format": form,
        "key": key,
        "event_time": "",
        "full_dump": False,
        "fields": {field: rule for field, rule in fields.items() if [rule["column"]] != key},
    }
    return Suggestion(contract, doubts)


def _decoded(sample: bytes, doubts: list[tuple[str, str]]) -> tuple[str, str]:
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if sample.startswith(mark):
            return sample[: len(sample) // 2 * 2].decode(encoding, "replace"), encoding
    try:
        return sample.decode(), "utf-8"
    except UnicodeDecodeError as error:
        if len(sample) == _SAMPLE and error.start > len(sample) - 4:  # cut by taking the sample
            return sample[: error.start].decode(), "utf-8"
        doubts.append(
            ("format.encoding", "not UTF-8; cp1252 is a guess, its bytes mean something in many encodings")
        )
        return sample.decode("cp1252", "replace"), "cp1252"


def _read(
    text: str, form: dict[str, Any], doubts: list[tuple[str, str]]
) -> tuple[list[str], list[list[str]]]:
    texts = text.splitlines()[:_ROWS]
    whole = [line for line in texts if len(line) <= _LONGEST]
    if len(whole) < len(texts):
        doubts.append(
            (
                "format",
                f"{len(texts) - len(whole)} lines of more than {_LONGEST:,} characters are not looked at; their rows would be quarantined",
            )
        )
    lines = [line for line in whole if line.strip()]
    if not lines:
        raise csv.Error(f"every line has more than {_LONGEST:,} characters")
    if lines[0].lstrip().startswith("{"):
        form["kind"] = "jsonl"
        things = [json.loads(line) for line in lines if _is_object(line)]
        columns = list(dict.fromkeys(key for thing in things for key in thing))
        return columns, [[_text(thing.get(column)) for column in columns] for thing in things]
    counts = {mark: [line.count(mark) for line in lines] for mark in _DELIMITERS}
    mark = max(_DELIMITERS, key=lambda m: (min(counts[m]) > 0, _alike(counts[m]), min(counts[m])))
    if min(counts[mark]) == 0 and not _alike(counts[mark]):
        widths = {len(line) for line in lines}
        parts = {len(line.split()) for line in lines}
        if len(parts) == 1 and parts != {1}:
            form["kind"] = "whitespace"
            rows = [line.split() for line in lines]
            return _header(rows, form, doubts)
        if len(widths) == 1 and len(lines) > 1 and widths != {1} and len(lines[0]) > 20:
            doubts.append(("format", "lines of one length: fixed width? Then give `columns` and `widths`"))
        return _header([[line] for line in lines], form, doubts)
    form |= {"kind": "tsv"} if mark == "\t" else {"delimiter": mark}
    rows = list(csv.reader(whole, delimiter=mark, skipinitialspace=True))
    rows = [row for row in rows if row]
    if any(line.startswith(" ", line.find(mark) + 1) for line in lines[1:20]):
        form["trim"] = True
        doubts.append(("format.trim", "blanks after the delimiter; they are taken off"))
    usual = max({len(row) for row in rows}, key=[len(row) for row in rows].count)
    odd = sum(len(row) != usual for row in rows)
    if odd:
        doubts.append(
            ("format", f"{odd} of {len(rows)} rows do not have {usual} values; they would be quarantined")
        )
    if len(rows[0]) != usual:
        skip = next(n for n, row in enumerate(rows) if len(row) == usual)
        form["skip"] = skip
        rows = rows[skip:]
        doubts.append(("format.skip", f"the first {skip} lines look like a title"))
    return _header([row for row in rows if len(row) == usual], form, doubts)


def _alike(counts: list[int]) -> int:
    """How many lines have the delimiter equally often; 0 where that is not the rule."""
    most = max((counts.count(count) for count in set(counts) if count), default=0)
    return most if most * 2 > len(counts) else 0


def _header(
    rows: list[list[str]], form: dict[str, Any], doubts: list[tuple[str, str]]
) -> tuple[list[str], list[list[str]]]:
    first = [value.strip() for value in rows[0]]
    if all(value and not re.fullmatch(r"[-+0-9.,:/ ]+|.*@.*", value) for value in first) and len(
        set(first)
    ) == len(first):
        return first, rows[1:]
    twice = next((value for value in first if value and first.count(value) > 1), "")
    if twice:
        doubts.append(
            (
                "format.header",
                f"the first row has {twice!r} twice; if it is a header, every column needs a name of its own",
            )
        )
    form["header"] = False
    form["columns"] = [f"column{n}" for n in range(1, len(first) + 1)]
    doubts.append(("format.columns", "the first row looks like data, so the columns have no names yet"))
    return form["columns"], rows


def _canonical(column: str, taken: dict[str, Any]) -> str:
    plain = re.sub(r"[^a-z0-9]", "", column.lower())
    for field, words in _WORDS.items():
        if plain in words and field not in taken:
            return field
    # None of another script's letters are left.
    plainly = re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")
    name = "custom." + (plainly if plainly[:1].isalpha() else f"column_{plainly}".rstrip("_"))
    return next(c for c in (name, *(f"{name}_{n}" for n in range(2, len(taken) + 3))) if c not in taken)


def _rule(field: str, values: list[str], doubts: list[tuple[str, str]]) -> dict[str, Any]:
    if not values or field in ("postcode", "phone", "loyalty_no", "national_id", "street_number"):
        return {}
    # To try them all is slow.
    dates = _DATES if any(_share(values[:20], form) > 0.5 for form in _DATES) else ()
    form, share = max(
        ((form, _share(values, form)) for form in dates), key=lambda pair: pair[1], default=("", 0.0)
    )
    if share > 0.9:
        others = [other for other in _DATES if other != form and _share(values, other) == share]
        if others:
            doubts.append((f"fields.{field}.date_format", f"{form} is taken; {others[0]} fits as well"))
        rule = {} if form == "%Y-%m-%d" else {"date_format": form}
        if share < 1:
            odd = f"{1 - share:.1%} of the values are no such date; they are left out, and their rows loaded"
            doubts.append((f"fields.{field}.invalid", odd))
            rule["invalid"] = "empty"
        return rule if field == "date_of_birth" else {"type": "date", **rule}
    if field == "date_of_birth":
        doubts.append((f"fields.{field}", "no form of dates fits; taken as text"))
        return {"type": "text"}
    if not field.startswith("custom."):
        return {}
    if all(re.fullmatch(r"[+-]?[0-9]+", value) for value in values):
        if any(value.startswith("0") and len(value) > 1 for value in values):
            return {}
        return {"type": "integer"}
    if all(re.fullmatch(r"[+-]?[0-9]*\.[0-9]+|[+-]?[0-9]+", value) for value in values):
        doubts.append((f"fields.{field}.type", "a number; `money` where it is an amount"))
        return {"type": "decimal"}
    if all(re.fullmatch(r"[+-]?[0-9]*,[0-9]+|[+-]?[0-9]+", value) for value in values):
        doubts.append(
            (f"fields.{field}.type", "a number with a decimal comma; `money` where it is an amount")
        )
        return {"type": "decimal", "decimal": ","}
    if {value.lower() for value in values} <= {"true", "false", "yes", "no", "y", "n"}:
        return {"type": "boolean"}
    return {}


def _key(columns: list[str], rows: list[list[str]], doubts: list[tuple[str, str]]) -> Any:
    unique = []
    for at, column in enumerate(columns):
        values = [row[at] for row in rows if at < len(row)]
        if values and all(values) and len(set(values)) == len(values):
            unique.append(column)
    named = [c for c in unique if re.search(r"(^|[^a-z])(id|no|nr|number|key|code)$|id$|no$", c.lower())]
    if named or unique:
        doubts.append(
            ("key", f"{(named or unique)[0]!r} is unique in the sample of {len(rows)} rows; is it always?")
        )
        return [(named or unique)[0]]
    doubts.append(("key", "no column is unique in the sample; rows would be known by their content"))
    return "row"


def _parquet(file: Path) -> tuple[list[str], list[list[str]]]:
    with duckdb.connect(":memory:") as con:
        try:
            found = con.execute("SELECT * FROM read_parquet(?) LIMIT ?", [str(file), _ROWS])
        except duckdb.Error:
            raise RefusedFile(
                FileRefusal.NOT_PARQUET, "the Parquet file is cut off or damaged", file=file.name
            ) from None
        columns = [str(column[0]) for column in found.description or []]
        return columns, [[_text(value) for value in row] for row in found.fetchall()]


def _share(values: list[str], form: str) -> float:
    """Share of values that are dates of a form."""
    if form == "%Y%m%d":  # strptime would take shorter ones
        values = [value if len(value) == 8 else "" for value in values]
    return sum(_is_date(value, form) for value in values) / len(values)


def _is_date(value: str, form: str) -> bool:
    try:
        return 1800 < datetime.strptime(value, form).year < 2200  # noqa: DTZ007 - a date
    except ValueError:
        return False


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _text(value: Any) -> str:
    return "" if value is None else str(value)
