"""The source contract: how one source system's files are read, checked, mapped and trusted."""

import codecs
import re
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from courtesy.errors import RefusedRule, UnknownName
from courtesy.intake.fields import EVENT_FIELDS, FieldType, RecordKind, field_of
from courtesy.rulebook.section import Section
from courtesy.timeline.events import Scalar


class FileFormat(Section):
    """How the bytes become rows.

    kind:       csv; tsv (csv with tabs, no quoting); whitespace (columns apart by runs of blanks); jsonl (one JSON object a
                line); fixed (columns by width in characters); parquet
    delimiter, quote: one character each; quote empty: the file knows no quoting
    encoding:   any of Python's names: utf-8, utf-8-sig, utf-16, latin-1, cp1252 ... A byte order mark is never data
    header:     the first row (after `skip`) names the columns; else `columns` does
    columns:    names of the columns where there is no header; always needed for fixed width
    widths:     fixed width: characters per column, in the order of `columns`
    skip:       lines before the header (a title, a report's date)
    gzip:       the file must be gzipped; a gzipped file is recognised even where it need not be
    trim:       blanks at both ends of a value are no part of it
    nulls:      texts that mean "no value", beside the empty one
    multiline:  a quoted value may hold line breaks
    """

    kind: Literal["csv", "tsv", "whitespace", "jsonl", "fixed", "parquet"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    quote: str = Field(default='"', max_length=1)
    encoding: str = "utf-8"
    header: bool = True
    columns: list[str] = Field(default_factory=list)
    widths: list[int] = Field(default_factory=list)
    skip: int = Field(default=0, ge=0)
    gzip: bool = False
    trim: bool = False
    nulls: list[str] = Field(default_factory=list)
    multiline: bool = True

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            codecs.lookup(name)
        except LookupError:
            raise ValueError(f"encoding {name!r} is not known; e.g. utf-8, cp1252, latin-1, utf-16") from None
        return name

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.kind == "fixed" and (not self.columns or len(self.columns) != len(self.widths)):
            raise ValueError("fixed width needs `columns` and `widths`, one width per column")
        if self.kind in ("csv", "tsv", "whitespace") and not self.header and not self.columns:
            raise ValueError("a file without a header needs `columns`")
        if any(width < 1 for width in self.widths):
            raise ValueError("`widths` are characters per column, at least 1 each")
        if len(set(self.columns)) != len(self.columns):
            raise ValueError("`columns` names a column twice")
        return self

    @property
    def has_header(self) -> bool:
        """Whether a row of the file names the columns."""
        return self.kind in ("csv", "tsv", "whitespace") and self.header

    @property
    def separator(self) -> str:
        """What stands between two values on a line; a blank for whitespace."""
        return {"tsv": "\t", "whitespace": " "}.get(self.kind, self.delimiter)


class FieldRule(Section):
    """How one canonical field is made from a column.

    column:      name in the file (JSON Lines: a dotted path reaches into objects)
    type:        what it is checked and converted to; left out: the canonical field's own type
    unit:        money only: `major` (dollars, two decimals become minor units) or `minor` (cents already)
    decimal, thousands: the marks in numbers; a number with other marks is quarantined, never guessed
    date_format: strptime form, e.g. `%d.%m.%Y`; empty for ISO 8601
    required:    an empty value sends the row to quarantine
    allowed:     the only values taken (after `values`)
    values:      maps the source's code to the canonical value
    default:     taken where the value is empty
    invalid:     what becomes of a value that type or `allowed` does not take: the row is quarantined, or the value left out
    trust:       this source's standing for this field, 0..1000, where it differs from the contract's
    """

    column: str
    type: FieldType | None = None
    unit: Literal["major", "minor"] = "major"
    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    date_format: str = ""
    required: bool = False
    allowed: list[str] = Field(default_factory=list)
    values: dict[str, Scalar] = Field(default_factory=dict)
    default: Scalar | None = None
    invalid: Literal["quarantine", "empty"] = "quarantine"
    trust: int | None = Field(default=None, ge=0, le=1000)

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.thousands == self.decimal:
            raise ValueError("`decimal` and `thousands` cannot be the same mark")
        return self


class DriftLimits(Section):
    """Beyond which change against the file before it a drift is reported; shares, 0..1.

    rows:  number of rows; nulls: share of empty values in a column
    gone:  share of a full dump's known records that may disappear; above it none is closed, and the report says so
    """

    rows: float = Field(default=0.5, ge=0)
    nulls: float = Field(default=0.2, ge=0)
    gone: float = Field(default=0.2, ge=0, le=1)


class SourceContract(Section):
    """One source: `record` is the kind of event its rows become; `key` names the columns that identify a row.

    file:      pattern of the file names (`*` and `?`); empty takes every name
    file_date: strptime form of the file name that gives its date, `*` for anything: `sales_%Y%m%d*.csv`; empty: the folder
               `yyyy/mm/dd` of the drop
    key:       columns, or the word `row` for files without one: then a row is known by its content and how often it came
               before in the file, so equal rows that repeat are told apart
    fields:    canonical field -> rule. For person fields the names of `intake.fields`; for events those of the event kind
    person:    canonical person fields to be taken from the same row (a sale that carries the buyer's name and address)
    customer_key: the column that names the customer in this source's own numbering; with `refers_to` in that source's;
                  `refers_to: offers`: the column holds the unique code of an offer
    event_time, event_time_format: column and strptime form (empty: ISO 8601) of the event time; empty: the file's date
    stated, stated_format: column that says when the source last changed the row; empty: the file's date. Orders versions
    time_zone: zone of the times that name none
    full_dump: each file holds all records; `disappeared` says what becomes of those that are missing
    constants: canonical fields of every row that no column carries
    trust:     this source's standing, 0..1000; highest wins
    """

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_]*$")
    record: RecordKind
    version: int = 1
    division: str = ""
    file: str = ""
    file_date: str = ""
    format: FileFormat
    key: list[str] | Literal["row"]
    customer_key: str = ""
    refers_to: str = ""
    event_time: str = ""
    event_time_format: str = ""
    stated: str = ""
    stated_format: str = ""
    time_zone: str = "UTC"
    full_dump: bool = False
    disappeared: Literal["keep", "close"] = "keep"
    unknown_columns: Literal["keep", "ignore", "refuse"] = "ignore"
    missing_columns: Literal["refuse", "empty"] = "refuse"
    fields: dict[str, FieldRule]
    person: dict[str, FieldRule] = Field(default_factory=dict)
    constants: dict[str, Scalar] = Field(default_factory=dict)
    trust: int = Field(default=500, ge=0, le=1000)
    drift: DriftLimits = Field(default_factory=DriftLimits)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        try:
            self._check_names()
        except (UnknownName, RefusedRule) as error:
            raise ValueError(str(error)) from None
        return self

    def _check_names(self) -> None:
        for kind, rules in ((self.record, self.fields), ("person", self.person)):
            for name in rules:
                if field_of(kind, name) is None:
                    raise UnknownName(f"{kind} field", name, EVENT_FIELDS[kind])
        for name in self.constants:
            if field_of(self.record, name) is None and field_of("person", name) is None:
                raise UnknownName(f"{self.record} field", name, EVENT_FIELDS[self.record])
        if self.record == "person" and self.person:
            raise RefusedRule("a person record maps its columns under `fields`; `person` is for events")
        if self.key != "row" and not self.key:
            raise RefusedRule("`key` names at least one column, or is the word `row`")
        if self.refers_to and not self.customer_key:
            raise RefusedRule("`refers_to` needs `customer_key`")
        if self.record != "person" and not self.customer_key and not self.person:
            raise RefusedRule("an event needs `customer_key` or `person`, else nobody knows whose it is")
        for name, declared in EVENT_FIELDS[self.record].items():
            if declared.required and name not in self.fields and name not in self.constants:
                raise RefusedRule(f"a {self.record} needs the field {name!r}, by a column or as a constant")
        if self.record not in ("person", "response") and not self.division and "division" not in self.fields:
            raise RefusedRule("`division` is missing, and no field maps it")
        if self.record == "permission" and self.disappeared == "close":
            raise RefusedRule("a permission that disappears was not withdrawn; take `disappeared: keep`")
        if self.key == "row" and self.full_dump and self.disappeared == "close":
            raise RefusedRule("rows without a key cannot disappear; take `disappeared: keep`")

    def rule_type(self, section: str, name: str) -> FieldType:
        """The type that a rule converts to: its own, else the canonical field's."""
        rule = (self.person if section == "person" else self.fields)[name]
        if rule.type is not None:
            return rule.type
        declared = field_of("person" if section == "person" else self.record, name)
        return declared.type if declared is not None else "text"

    @property
    def columns(self) -> list[str]:
        """The columns of the file that the contract reads, each once, in the order of first mention."""
        named = [] if self.key == "row" else list(self.key)
        named += [self.customer_key, self.event_time, self.stated]
        named += [rule.column for rules in (self.fields, self.person) for rule in rules.values()]
        return list(dict.fromkeys(column for column in named if column))


def file_date_pattern(form: str) -> re.Pattern[str]:
    """The regular expression of a `file_date` form; the groups are named after the codes. Raises RefusedRule."""
    digits = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2}
    text, at = "", 0
    while at < len(form):
        mark = form[at]
        if mark == "%" and at + 1 < len(form):
            at += 1
            if form[at] not in digits:
                raise RefusedRule(f"`file_date` knows %Y %m %d %H %M %S, not %{form[at]}", position=at)
            text += f"(?P<{form[at]}>[0-9]{{{digits[form[at]]}}})"
        else:
            text += {"*": ".*", "?": "."}.get(mark, re.escape(mark))
        at += 1
    return re.compile(f"^{text}$")
