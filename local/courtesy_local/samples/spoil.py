"""Rows that no source should write and every source does: bad dates, torn quotes, missing keys, values out of range."""

from random import Random

from courtesy_local.samples.forms import FORMS
from courtesy_local.samples.sheets import Row, Sheet, fixed_line

_SPOILT: dict[str, tuple[tuple[str, str, str], ...]] = {
    "dealer_sales": (
        ("SaleDate", "31.02.2024", "no such day"),
        ("Division", "XXX", "unknown division"),
        ("SaleNo", "", "missing key"),
        ("Price", "12,5OO", "no amount"),
    ),
    "service_workshop": (
        ("order_date", "20241341", "no such day"),
        ("division", "Z", "unknown division"),
        ("order_no", "", "missing key"),
        ("amount", "  1O2.50", "no amount"),
    ),
    "crm_persons": (
        ("PersonId", "", "missing key"),
        ("BirthDate", "1975-02-30", "no such day"),
        ("Country", "Q9", "unknown country"),
        ("UpdatedAt", "yesterday", "no instant"),
    ),
    "web_registrations": (
        ("account", "", "missing key"),
        ("registered_at", "2024-13-01T10:00:00Z", "no instant"),
    ),
    "loyalty_programme": (
        ("card_no", "", "missing key"),
        ("dob", "13/45/1980", "no such day"),
        ("points", "many", "no number"),
    ),
    "call_centre_cases": (
        ("status", "PARKED", "unknown status"),
        ("opened_at", "12 May", "no instant"),
        ("case_no", "", "missing key"),
        ("division", "trucks", "unknown division"),
    ),
    "preference_centre": (
        ("status", "maybe", "unknown status"),
        ("channel", "", "missing channel"),
        ("changed_at", "2024-02-30T00:00:00Z", "no instant"),
    ),
    "lease_contracts": (("contract_no", "", "missing key"), ("status", "PAWNED", "unknown status")),
    "parts_shop_orders": (
        ("total", "n/a", "no amount"),
        ("order_id", "", "missing key"),
        ("ordered_at", "2024-06-31T09:00:00Z", "no instant"),
        ("kind", "swap", "unknown kind"),
    ),
}
SHARE = 0.004
"""Share of bad rows in a file."""


def spoil(rng: Random, source: str, row: Row, sheet: Sheet) -> str:
    """Write a spoilt copy of a row to the sheet; returns what is wrong with it."""
    form = FORMS[source]
    tear = rng.random() < 0.25
    if tear and form.kind == "jsonl":
        sheet.raw(
            '{"' + form.columns[0] + '": "' + row[form.columns[0]] + 'Z", "' + form.columns[1] + '": "20'
        )
        return "torn line"
    if tear and form.kind == "fixed":
        sheet.raw(fixed_line(form, [row.get(column, "") for column in form.columns])[:70])
        return "short line"
    if tear and form.kind == "csv" and form.delimiter != "\t":
        cells = [row.get(column, "") for column in form.columns]
        cells[0] += "Z"
        name = form.columns.index(
            {"dealer_sales": "LastName", "crm_persons": "LastName", "loyalty_programme": "surname"}.get(
                source, "name"
            )
        )
        cells = [cell.replace('"', "").replace(form.delimiter, " ") for cell in cells]
        cells[name] = '"' + cells[name]
        sheet.raw(form.delimiter.join(cells))
        return "torn quote"
    column, value, what = rng.choice(_SPOILT[source])
    copy = row | {column: value}
    if column != form.columns[0]:
        copy[form.columns[0]] += "Z"
    sheet.write(copy)
    return what
