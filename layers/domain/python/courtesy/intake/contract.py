"""The source contract: how one source system's files are read, checked, mapped and trusted."""

from typing import Literal

from pydantic import Field

from courtesy.rulebook.section import Section
from courtesy.timeline.events import Scalar

FieldType = Literal[
    "text", "integer", "decimal", "money", "date", "timestamp", "boolean", "email", "phone", "country"
]


class FileFormat(Section):
    """How the bytes become rows."""

    kind: Literal["csv", "jsonl", "fixed", "parquet"]
    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: list[str] = Field(default_factory=list)
    """Names of the columns where the file has no header."""
    widths: list[int] = Field(default_factory=list)
    """Fixed width: characters per column, in the order of `columns`."""
    gzip: bool = False


class FieldRule(Section):
    """How one canonical field is made from a column."""

    column: str
    type: FieldType = "text"
    date_format: str = ""
    """strptime form, e.g. `%d.%m.%Y`; empty for ISO 8601."""
    required: bool = False
    allowed: list[str] = Field(default_factory=list)
    values: dict[str, Scalar] = Field(default_factory=dict)
    """Maps the source's code to the canonical value."""
    default: Scalar | None = None
    trust: int | None = None


class SourceContract(Section):
    """One source: `record` is the kind of event its rows become; `key` names the columns that identify a row.

    fields:    canonical field -> rule. For person fields the names of `intake.fields`; for events those of the event kind
    person:    canonical person fields to be taken from the same row (a sale that carries the buyer's name and address)
    customer_key: the column that names the customer in this source's own numbering; with `refers_to` in that source's
    """

    name: str
    record: Literal["person", "transaction", "interaction", "case", "permission", "asset", "response"]
    version: int = 1
    division: str = ""
    format: FileFormat
    key: list[str]
    customer_key: str = ""
    refers_to: str = ""
    event_time: str = ""
    full_dump: bool = False
    disappeared: Literal["keep", "close"] = "keep"
    unknown_columns: Literal["keep", "ignore", "refuse"] = "ignore"
    fields: dict[str, FieldRule]
    person: dict[str, FieldRule] = Field(default_factory=dict)
    constants: dict[str, Scalar] = Field(default_factory=dict)
    trust: int = 500
