"""A line as values, in SQL: the query that turns the lines nobody knows into rows with id, times, content hash, faults and payload.

Nothing is run here. The query reads the view `unread` (n, h, occurrence, l) of `difference`.
"""

# ruff: noqa: S608 - texts go into SQL as literals made by `columns.text`

import hashlib
from typing import NamedTuple

from courtesy.intake import columns as sql
from courtesy.intake.columns import Check
from courtesy.intake.contract import FieldRule, SourceContract
from courtesy.intake.fields import CUSTOM, CUSTOM_KINDS

MASK = 60
"""How many columns one number of `empty` speaks of."""


class Text(NamedTuple):
    """What of a file's text decides how its lines fall into values.

    columns: names in the file's order; quoted: there are quote characters; straightened: records were brought to one line
    each; stated: the file's date as an SQL literal
    """

    columns: tuple[str, ...]
    quoted: bool
    straightened: bool
    stated: str


class Parsing(NamedTuple):
    """The query for the table `rows`, the checks that its `faults` point to by position, the columns it reads, and the names of the
    fields whose values its column `payload` carries, as JSON: those of the person, those of the event; None where it has none."""

    query: str
    checks: list[Check]
    wanted: list[str]
    person: list[str] | None
    event: list[str] | None


def fingerprint(contract: SourceContract) -> str:
    """Hash of everything in the contract that decides how a row is read."""
    text = contract.model_dump_json(exclude={"drift", "file", "version"})
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parsing(contract: SourceContract, text: Text) -> Parsing:
    """The query that parses lines by a contract: a row (n, h, payload, faults, raw, id, customer, moment, stated, content, empty) each.

    content: 64-bit hash of the contract's rules and of the values they read
    empty: which of `wanted` are NULL, as numbers of MASK bits each
    """
    form = contract.format
    unknown = (
        [column for column in text.columns if column not in contract.columns]
        if contract.unknown_columns == "keep" and contract.record in CUSTOM_KINDS
        else []
    )
    wanted = [*contract.columns, *unknown]
    cell = {column: f"c{number}" for number, column in enumerate(wanted)}
    cells = sql.cells(contract, text.columns, wanted, text.straightened)
    parts = {
        "jsonl": "try_cast(l AS JSON) AS j",
        "parquet": "try_cast(l AS JSON) AS j",
        "fixed": "NULL AS s",
    }.get(form.kind, f"{sql.split(form, text.quoted)} AS s")
    person, event, checks, made = _values(contract, cell, unknown)
    checks.append(
        Check(
            f"strlen(l) > {_ROW} AND strlen(payload) > {_ROW}",
            "",
            "too_long",
            f"values of at most {_ROW:,} bytes",
        )
    )
    shape_checks = sql.structure(form, text.columns, text.quoted)
    broken = " ".join(f"WHEN {check.condition} THEN {number}" for number, check in enumerate(shape_checks))
    first = len(shape_checks)
    conditions = [f"coalesce({check.condition}, false)" for check in checks]
    each = ", ".join(f"CASE WHEN {c} THEN {first + number} END" for number, c in enumerate(conditions))
    faults = (
        f"CASE WHEN broken IS NOT NULL THEN [broken] WHEN {' OR '.join(conditions) or 'false'} "
        f"THEN list_filter([{each}], lambda x: x IS NOT NULL) END"
    )
    moment, stated = _instants(contract, text.stated)
    made |= _converted_instants(contract, cell)
    customer = f"coalesce({_bare(cell[contract.customer_key])}, '')" if contract.customer_key else "''"
    # kept columns are known by their names, which the contract does not tell
    rules = chr(31).join((fingerprint(contract), *unknown))
    read = ", ".join(f"coalesce({cell[column]}, chr(30))" for column in wanted)
    nulls = ", ".join(
        " + ".join(
            f"CAST({cell[column]} IS NULL AS BIGINT) * {1 << bit}"
            for bit, column in enumerate(wanted[at : at + MASK])
        )
        for at in range(0, len(wanted), MASK)
    )
    query = f"""
        SELECT n, h, concat({_array(person)}, ',', {_array(event)}) AS payload,
               {faults} AS faults, CASE WHEN faults IS NOT NULL THEN l END AS raw,
               CASE WHEN broken IS NULL THEN {_id(contract, cell)} END AS id, {customer} AS customer,
               {moment} AS moment, {stated} AS stated,
               greatest(md5_number_upper(concat_ws(chr(31), {sql.text(rules)}, {read})), 2::UBIGINT) AS content,
               CASE WHEN broken IS NULL THEN [{nulls}] END AS empty
        FROM (
            SELECT {", ".join(["*", *(f"{converted} AS {name}" for name, converted in made.items())])}
            FROM (
                SELECT n, h, l, occurrence, CASE {broken} END AS broken,
                       {", ".join(f"{cells[column]} AS {cell[column]}" for column in wanted)}
                FROM (SELECT n, h, l, occurrence, {parts} FROM unread)
            )
        )"""
    names = [None if values is None else list(values) for values in (person, event)]
    return Parsing(query, [*shape_checks, *checks], wanted, *names)


_KEY = 400
"""Bytes that the key of a record, or a customer's number, may have; it stands in keys of the tables, which have 1,024."""

_ROW = 100_000
"""Bytes that the values of a row may have; its event is one item of 400 KB at most, and so is a profile of several."""

Values = dict[str, str]
"""Canonical field -> SQL of its value."""


def _values(
    contract: SourceContract, cell: dict[str, str], unknown: list[str]
) -> tuple[Values | None, Values | None, list[Check], dict[str, str]]:
    """The canonical values of person and event, what may be wrong with them, and the conversions by name."""
    made: dict[str, str] = {}
    own, checks = _packed(contract, "fields", contract.fields, cell, made)
    own |= {CUSTOM + column: cell[column] for column in unknown}
    person, more = _packed(contract, "person", contract.person, cell, made)
    checks = [*_key_checks(contract, cell), *checks, *more]
    if contract.record == "person":
        return own, None, checks, made
    return person or None, own, checks, made


def _packed(
    contract: SourceContract,
    section: str,
    rules: dict[str, FieldRule],
    cell: dict[str, str],
    made: dict[str, str],
) -> tuple[Values, list[Check]]:
    """The values of fields and their checks; adds to `made` what is converted under a name of its own."""
    kind = "person" if section == "person" else contract.record
    values: Values = {}
    checks: list[Check] = []
    for field, rule in rules.items():
        type_ = contract.rule_type(section, field)
        source = cell[rule.column]
        name = source if type_ == "text" and not rule.values else f"v{len(made)}"
        value = sql.value(contract, kind, field, rule, source, type_, name)
        if name != source:
            made[name] = value.converted
        values[field] = value.sql
        checks += value.checks
    return values, checks


def _array(values: Values | None) -> str:
    return "'null'" if values is None else f"json_array({', '.join(values.values())})"


def _key_checks(contract: SourceContract, cell: dict[str, str]) -> list[Check]:
    checks = []
    if contract.key != "row":
        checks += [Check(_blank(cell[c]), c, "empty", "a value, it is part of the key") for c in contract.key]
        checks.append(
            Check(
                f"strlen(l) > {_KEY} AND strlen({_id(contract, cell)}) > {_KEY}",
                contract.key[0],
                "too_long",
                f"a key of at most {_KEY} bytes",
            )
        )
    if contract.customer_key and not contract.person and contract.record != "person":
        checks.append(
            Check(
                _blank(cell[contract.customer_key]),
                contract.customer_key,
                "empty",
                "the customer's number",
            )
        )
    if contract.customer_key:
        checks.append(
            Check(
                f"strlen(l) > {_KEY} AND strlen({_bare(cell[contract.customer_key])}) > {_KEY}",
                contract.customer_key,
                "too_long",
                f"a number of at most {_KEY} bytes",
            )
        )
    for column, form, moment in _times(contract):
        if column:
            wrong = f"{cell[column]} IS NOT NULL AND coalesce(NOT ({sql.plausible(moment)}), true)"
            checks.append(Check(wrong, column, "not_timestamp", f"a time of the form {form or 'ISO 8601'}"))
    if contract.event_time and contract.record != "person":
        checks.append(
            Check(f"{cell[contract.event_time]} IS NULL", contract.event_time, "empty", "the event's time")
        )
    return checks


def _times(contract: SourceContract) -> tuple[tuple[str, str, str], ...]:
    """Event time and the time of the statement: column, form, name of the instant."""
    return (
        (contract.event_time, contract.event_time_format, "happened"),
        (contract.stated, contract.stated_format, "said"),
    )


def _converted_instants(contract: SourceContract, cell: dict[str, str]) -> dict[str, str]:
    """Name -> instant, for those that a column gives."""
    return {
        name: sql.instant(cell[column], form, contract.time_zone)
        for column, form, name in _times(contract)
        if column
    }


def _instants(contract: SourceContract, stated: str) -> tuple[str, str]:
    """Event time and when the source said so; without a column, or a value in it, the file's date."""
    said = f"coalesce(said, {stated})" if contract.stated else stated
    return (f"coalesce(happened, {said})" if contract.event_time else said), said


def _bare(cell: str) -> str:
    """A number that records are known by, without the blanks around it."""
    return f"trim({cell}, ' ' || chr(9))"


def _blank(cell: str) -> str:
    return f"coalesce({_bare(cell)}, '') = ''"


def _id(contract: SourceContract, cell: dict[str, str]) -> str:
    key = contract.key
    if key == "row":
        return "left(md5(l), 16) || '-' || occurrence"
    if len(key) == 1:
        return _bare(cell[key[0]])
    parts = [f"replace(replace({_bare(cell[c])}, '%', '%25'), '|', '%7C')" for c in key]
    return " || '|' || ".join(parts)
