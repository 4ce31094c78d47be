"""Columns as SQL: how a line falls into values, and how a rule converts and checks a value. Nothing is run here.

Every function returns DuckDB expressions over the names that `difference` gives: `l` the record's text, `s` the list of its
values (delimited kinds), `j` its JSON.
"""

from typing import NamedTuple

from courtesy.intake.contract import FieldRule, FileFormat, SourceContract
from courtesy.intake.fields import FieldType, field_of
from courtesy.intake.records import CARRIAGE, LINE_FEED, field_pattern, record_pattern
from courtesy.timeline.events import Scalar


class Check(NamedTuple):
    """A fault that a row may have: the condition under which it has it, and how to tell people."""

    condition: str
    column: str
    reason: str
    expected: str


class Value(NamedTuple):
    """A canonical value: what its cell is converted to, under a name; the value by that name; what may be wrong with it.

    Checks and value refer to the name, so that a conversion is done once for a row.
    """

    converted: str
    sql: str
    checks: list[Check]


def text(value: str) -> str:
    """A string as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def literal(value: Scalar) -> str:
    """A scalar as an SQL literal."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return text(value) if isinstance(value, str) else repr(value)


def split(form: FileFormat, quoted: bool) -> str:
    """The list of raw values of `l`, for the delimited kinds."""
    if form.kind == "whitespace":
        return "regexp_split_to_array(trim(l, ' ' || chr(9)), '[ \\t]+')"
    plain = f"string_split(l, {text(form.separator)})"
    if form.kind != "csv" or not form.quote or not quoted:
        return plain
    q = text(form.quote)
    bare = "trim(x)" if form.trim else "x"
    parts = f"regexp_extract_all({text(form.separator)} || l, {text(field_pattern(form))}, 1, 's')"
    unquoted = (
        f"CASE WHEN starts_with({bare}, {q}) "
        f"THEN replace(substr({bare}, 2, length({bare}) - 2), {q} || {q}, {q}) ELSE x END"
    )
    return f"CASE WHEN contains(l, {q}) THEN list_transform({parts}, lambda x: {unquoted}) ELSE {plain} END"


def cells(
    contract: SourceContract, columns: tuple[str, ...], wanted: list[str], straightened: bool
) -> dict[str, str]:
    """Column -> expression of its value as text; NULL where it is empty, missing, or one of the format's nulls."""
    form = contract.format
    found = {}
    for column in wanted:
        cell = _cell(form, columns, column)
        if straightened and form.kind == "csv":
            cell = f"replace(replace({cell}, {text(LINE_FEED)}, chr(10)), {text(CARRIAGE)}, chr(13))"
        if form.trim or form.kind == "fixed":
            cell = f"trim({cell}, ' ' || chr(9))"
        for null in ("", *form.nulls):
            cell = f"nullif({cell}, {text(null)})"
        found[column] = cell
    return found


def _cell(form: FileFormat, columns: tuple[str, ...], column: str) -> str:
    if form.kind in ("jsonl", "parquet"):
        path = "$" + "".join('."' + part.replace('"', "") + '"' for part in column.split("."))
        return f"json_extract_string(j, {text(path)})"
    if column not in columns:
        return "CAST(NULL AS VARCHAR)"
    at = columns.index(column)
    if form.kind == "fixed":
        return f"substr(l, {sum(form.widths[:at]) + 1}, {form.widths[at]})"
    return f"s[{at + 1}]"


def structure(form: FileFormat, columns: tuple[str, ...], quoted: bool) -> list[Check]:
    """What may be wrong with a record as a whole, the first that holds is told."""
    if form.kind in ("jsonl", "parquet"):
        return [Check("j IS NULL OR json_type(j) <> 'OBJECT'", "", "not_json", "one JSON object on a line")]
    if form.kind == "fixed":
        total = sum(form.widths)
        short = total - form.widths[-1]
        return [
            Check(f"length(l) > {total}", "", "too_long", f"{total} characters"),
            Check(f"length(l) <= {short}", "", "too_short", f"{total} characters"),
        ]
    checks = []
    if form.kind == "csv" and form.quote and quoted:
        record = record_pattern(form)
        torn = f"contains(l, {text(form.quote)}) AND NOT regexp_full_match({text(form.separator)} || l, {text(record)}, 's')"
        checks.append(Check(torn, "", "torn_quote", "a quoted value that begins and ends at the delimiter"))
    return [*checks, Check(f"len(s) <> {len(columns)}", "", "columns", f"{len(columns)} values")]


def instant(cell: str, form: str, zone: str) -> str:
    """The instant (UTC, no zone) that a cell's text names; NULL where it names none."""
    if form:
        local = f"try_strptime({cell}, {text(form)})"
        zoned = "%z" in form
        if zoned:
            return f"CAST({local} AS TIMESTAMP)"
    else:
        # a cast to TIMESTAMP would drop an offset without a word; the session's zone is UTC
        local, zoned = f"make_timestamp(epoch_us(try_cast({cell} AS TIMESTAMPTZ)))", False
    if zone == "UTC" or zoned:
        return local
    own = f"regexp_matches({cell}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND contains({cell}, ':')"
    there = f"make_timestamp(epoch_us(timezone({text(zone)}, {local})))"
    return there if form else f"CASE WHEN {own} THEN {local} ELSE {there} END"


def plausible(moment: str) -> str:
    """Whether an instant lies in the years that a business knows."""
    return f"{moment} BETWEEN TIMESTAMP '1800-01-01' AND TIMESTAMP '2200-01-01'"


def value(
    contract: SourceContract, kind: str, field: str, rule: FieldRule, cell: str, type_: FieldType, name: str
) -> Value:
    """A rule's value and checks. A value that its type does not take is NULL and a fault. `name`: of the converted cell."""
    declared = field_of(kind, field)
    code = f"trim({cell}, ' ' || chr(9))" if type_ != "text" else cell
    if rule.values:
        cases = " ".join(
            f"WHEN {text(source)} THEN {text(_as_text(meant))}" for source, meant in rule.values.items()
        )
        code = f"CASE trim({cell}) {cases} ELSE {code} END"
    converted, expected = _typed(contract, rule, code, type_)
    made = name
    checks = []
    if type_ != "text":
        checks.append(Check(f"{cell} IS NOT NULL AND {name} IS NULL", rule.column, f"not_{type_}", expected))
    allowed = rule.allowed or (list(declared.allowed) if declared else [])
    if allowed:
        known = ", ".join(text(word) for word in allowed)
        checks.append(
            Check(
                f"{cell} IS NOT NULL AND CAST({name} AS VARCHAR) NOT IN ({known})",
                rule.column,
                "not_allowed",
                "one of " + ", ".join(allowed),
            )
        )
    if rule.invalid == "empty":
        wrong = " OR ".join(f"coalesce({check.condition}, false)" for check in checks) or "false"
        made, checks = f"CASE WHEN NOT ({wrong}) THEN {name} END", []
    if (rule.required or (declared is not None and declared.required)) and rule.default is None:
        checks.append(
            Check(f"({made if rule.invalid == 'empty' else cell}) IS NULL", rule.column, "empty", "a value")
        )
    if rule.default is not None:
        made = f"coalesce({made}, {literal(rule.default)})"
    return Value(converted, made, checks)


def _as_text(meant: Scalar) -> str:
    return str(meant).lower() if isinstance(meant, bool) else str(meant)


def _typed(contract: SourceContract, rule: FieldRule, code: str, type_: FieldType) -> tuple[str, str]:
    if type_ == "text":
        return code, ""
    if type_ == "integer":
        plain = _number(rule, code)
        return (
            f"CASE WHEN regexp_full_match({plain}, '[+-]?[0-9]+') THEN try_cast({plain} AS BIGINT) END",
            "a whole number",
        )
    if type_ == "decimal":
        plain = _number(rule, code)
        return f"try_cast({plain} AS DOUBLE)", f"a number with {rule.decimal!r} as the decimal mark"
    if type_ == "money":
        return _money(rule, code)
    if type_ == "date":
        moment = f"try_strptime({code}, {text(rule.date_format or '%Y-%m-%d')})"
        return (
            f"CASE WHEN {plausible(moment)} THEN strftime({moment}, '%Y-%m-%d') END",
            f"a date of the form {rule.date_format or '%Y-%m-%d'}",
        )
    if type_ == "timestamp":
        moment = instant(code, rule.date_format, contract.time_zone)
        return (
            f"CASE WHEN {plausible(moment)} THEN strftime({moment}, '%Y-%m-%dT%H:%M:%S.%fZ') END",
            f"a time of the form {rule.date_format or 'ISO 8601'}",
        )
    if type_ == "boolean":
        yes, no = "('true', 't', 'yes', 'y', '1')", "('false', 'f', 'no', 'n', '0')"
        return (
            f"CASE WHEN lower({code}) IN {yes} THEN true WHEN lower({code}) IN {no} THEN false END",
            "yes or no",
        )
    if type_ == "email":
        return (
            f"CASE WHEN regexp_full_match({code}, '[^@\\s]+@[^@\\s]+') THEN {code} END",
            "an address with one @ and no blank",
        )
    if type_ == "phone":
        return (
            f"CASE WHEN regexp_full_match({code}, '(?:tel:)?[0-9+(). /x\\-]*(?:ext\\.? ?[0-9]+)?') "
            f"AND length(regexp_replace({code}, '[^0-9]', '', 'g')) BETWEEN 5 AND 20 THEN {code} END",
            "a telephone number of 5 to 20 digits",
        )
    return (
        f"CASE WHEN regexp_full_match({code}, '[A-Za-z]{{2}}') THEN upper({code}) END",
        "two letters, ISO 3166",
    )


def _number(rule: FieldRule, code: str) -> str:
    """The number as SQL writes it; NULL where its marks are not those of the rule."""
    point = "\\." if rule.decimal == "." else ","
    whole = "[0-9]+"
    if rule.thousands:
        mark = "\\." if rule.thousands == "." else rule.thousands.replace("'", "''")
        whole = f"(?:[0-9]+|[0-9]{{1,3}}(?:{mark}[0-9]{{3}})+)"
    pattern = f"[+-]?(?:{whole}(?:{point}[0-9]*)?|{point}[0-9]+)"
    plain = f"replace({code}, {text(rule.thousands)}, '')" if rule.thousands else code
    if rule.decimal == ",":
        plain = f"replace({plain}, ',', '.')"
    return f"CASE WHEN regexp_full_match({code}, '{pattern}') THEN {plain} END"


def _money(rule: FieldRule, code: str) -> tuple[str, str]:
    plain = _number(rule, code)
    if rule.unit == "minor":
        return (
            f"CASE WHEN regexp_full_match({plain}, '[+-]?[0-9]+') THEN try_cast({plain} AS BIGINT) END",
            "whole minor units",
        )
    return (
        f"CASE WHEN regexp_full_match({plain}, '[+-]?[0-9]*(\\.[0-9]{{0,2}}0*)?') "
        f"THEN CAST(try_cast({plain} AS DECIMAL(18, 2)) * 100 AS BIGINT) END",
        f"an amount with at most two decimals and {rule.decimal!r} as the decimal mark",
    )
