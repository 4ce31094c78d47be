"""Formats and conversions: what a contract says is what becomes of a value."""

import json
from typing import Any

import duckdb
import pytest

from courtesy.timeline.events import Transaction
from tests.unit.intake.mill import Mill, contract

SALE: dict[str, Any] = {"name": "sales", "record": "transaction", "division": "cars", "customer_key": "who"}


def one(type_: str, text: str, **rule: Any) -> Any:
    """What a text becomes under a rule: its value, or the reason why its row is in quarantine."""
    mill = Mill(contract(format={"kind": "tsv"}, fields={"custom.x": {"column": "x", "type": type_, **rule}}))
    report = mill.drop(f"id\tx\n1\t{text}\n")
    if report.quarantined:
        return mill.quarantined(report)[0].faults[0].reason
    return mill.values()["people/1"].get("custom.x")


@pytest.mark.parametrize(
    ("type_", "text", "rule", "value"),
    [
        ("text", "007", {}, "007"),
        ("integer", "007", {}, 7),
        ("integer", "-12", {}, -12),
        ("integer", "1.5", {}, "not_integer"),
        ("integer", "99999999999999999999", {}, "not_integer"),
        ("decimal", "1.5", {}, 1.5),
        ("decimal", "1,5", {}, "not_decimal"),
        ("decimal", "1,5", {"decimal": ","}, 1.5),
        ("decimal", "1.234.567,8", {"decimal": ",", "thousands": "."}, 1234567.8),
        ("decimal", "200.000.000", {}, "not_decimal"),
        ("decimal", "12.34", {"decimal": ",", "thousands": "."}, "not_decimal"),
        ("decimal", "nan", {}, "not_decimal"),
        ("money", "29.33", {}, 2933),
        ("money", "-0.5", {}, -50),
        ("money", "7", {}, 700),
        ("money", "1,234.50", {"thousands": ","}, 123450),
        ("money", "1.005", {}, "not_money"),
        ("money", "1.500", {}, 150),
        ("money", "2933", {"unit": "minor"}, 2933),
        ("money", "29.33", {"unit": "minor"}, "not_money"),
        ("money", "$5", {}, "not_money"),
        ("money", ".", {}, "not_money"),
        ("date", "2024-02-29", {}, "2024-02-29"),
        ("date", "2023-02-29", {}, "not_date"),
        ("date", "31/12/2012", {"date_format": "%d/%m/%Y"}, "2012-12-31"),
        ("date", "12/31/2012", {"date_format": "%d/%m/%Y"}, "not_date"),
        ("date", "0001-01-01", {}, "not_date"),
        ("timestamp", "2024-05-01T10:00:00+02:00", {}, "2024-05-01T08:00:00.000000Z"),
        ("timestamp", "2024-05-01 10:00:00", {}, "2024-05-01T10:00:00.000000Z"),
        ("timestamp", "12 May", {}, "not_timestamp"),
        ("boolean", "Yes", {}, True),
        ("boolean", "0", {}, False),
        ("boolean", "maybe", {}, "not_boolean"),
        ("email", "ann@example.org", {}, "ann@example.org"),
        ("email", "ann at example.org", {}, "not_email"),
        ("email", "ann@b@c", {}, "not_email"),
        ("email", "n/a", {"invalid": "empty"}, None),
        ("phone", "+49 (0)30 123-456", {}, "+49 (0)30 123-456"),
        ("phone", "call me", {}, "not_phone"),
        ("country", "us", {}, "US"),
        ("country", "Q9", {}, "not_country"),
        ("text", "A", {"values": {"A": "alpha"}}, "alpha"),
        ("boolean", "J", {"values": {"J": True, "N": False}}, True),
        ("text", "B", {"allowed": ["A"]}, "not_allowed"),
        ("text", "", {"required": True}, "empty"),
        ("text", "", {"default": "none"}, "none"),
        ("integer", "", {"default": 3}, 3),
        ("text", "O'Hara \\ x", {}, "O'Hara \\ x"),
    ],
)
def test_a_value_becomes_what_its_rule_says(type_: str, text: str, rule: dict[str, Any], value: Any) -> None:
    assert one(type_, text, **rule) == value


def test_times_without_a_zone_are_in_the_contracts_zone() -> None:
    rules = contract(
        time_zone="Europe/Berlin", event_time="at", fields={"custom.x": {"column": "x", "type": "timestamp"}}
    )
    mill = Mill(rules)
    mill.drop(
        "id,at,x\n1,2024-07-01 10:00:00,2024-01-01T10:00:00\n2,2024-07-01T10:00:00Z,2024-01-01 10:00:00-05:00\n"
    )
    values = {subject: v["custom.x"] for subject, v in mill.values().items()}
    assert values == {"people/1": "2024-01-01T09:00:00.000000Z", "people/2": "2024-01-01T15:00:00.000000Z"}
    assert [
        event.when.hour for subject in sorted(mill.events) for event in mill.events[subject].values()
    ] == [8, 10]


def test_json_lines_reach_into_objects_and_count_their_lines() -> None:
    mill = Mill(
        contract(
            format={"kind": "jsonl"},
            fields={"name": {"column": "who.name"}, "custom.ok": {"column": "ok", "type": "boolean"}},
        )
    )
    lines = [
        {"id": 1, "who": {"name": 'A "q"'}, "ok": True},
        {"id": "2", "who": None},
        {"who": {"name": "no id"}},
    ]
    text = (
        "\n".join(json.dumps(line) for line in lines) + '\n\n{"id": 4,\n[1]\n{"id": 5, "who": {"name": null}}'
    )
    report = mill.drop(text)
    assert mill.values() == {
        "people/1": {"name": 'A "q"', "custom.ok": True},
        "people/2": {},
        "people/5": {},
    }
    found = [(row.line, row.faults[0].column, row.faults[0].reason) for row in mill.quarantined(report)]
    assert found == [(3, "id", "empty"), (5, "", "not_json"), (6, "", "not_json")]


def test_fixed_width_counts_characters_and_refuses_lines_that_do_not_fit() -> None:
    form = {"kind": "fixed", "columns": ["id", "name", "email"], "widths": [3, 6, 15], "encoding": "cp1252"}
    mill = Mill(contract(format=form))
    rows = ["001Zoë   z@example.org  ", "002Bob   b@example.org", "003Cle", "004" + "x" * 30]
    report = mill.drop("\r\n".join(rows).encode("cp1252"))
    assert mill.values() == {
        "people/001": {"name": "Zoë", "email": "z@example.org"},
        "people/002": {"name": "Bob", "email": "b@example.org"},
    }
    assert [(row.line, row.faults[0].reason) for row in mill.quarantined(report)] == [
        (3, "too_short"),
        (4, "too_long"),
    ]


def test_columns_apart_by_blanks_and_rows_without_a_key() -> None:
    rules = contract(
        **SALE,
        format={"kind": "whitespace", "header": False, "columns": ["who", "day", "dollars"]},
        key="row",
        event_time="day",
        event_time_format="%Y%m%d",
        fields={"amount": {"column": "dollars"}},
    )
    mill = Mill(rules)
    first = mill.drop(" 0004 19970101   29.33\r\n 0004 19970101   29.33\r\n 0005\t19970102 1.5\r\n")
    assert (first.loaded, first.duplicates) == (3, 0)
    grown = mill.drop(" 0005 19970102 1.5\r\n" + " 0004 19970101   29.33\r\n" * 3, day=2)
    assert (grown.rows_in, grown.loaded, grown.unchanged) == (4, 2, 2)
    profile = mill.profiles()["sales/0004"]
    assert [(o.amount, o.purchases) for o in profile.ledgers["cars"].occasions] == [(3 * 2933, 3)]


def test_parquet_is_read_by_its_own_types() -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "f.parquet"
        duckdb.connect().execute(
            f"COPY (SELECT 7 AS id, 'Ann' AS name, NULL AS email, DATE '1990-05-06' AS born, 12.5::DECIMAL(9,2) AS paid) "
            f"TO '{file}' (FORMAT parquet)"
        )
        content = file.read_bytes()
    rules = contract(
        format={"kind": "parquet"},
        fields={
            "name": {"column": "name"},
            "date_of_birth": {"column": "born"},
            "custom.paid": {"column": "paid", "type": "money"},
        },
    )
    mill = Mill(rules)
    mill.drop(content)
    assert mill.values() == {"people/7": {"name": "Ann", "date_of_birth": "1990-05-06", "custom.paid": 1250}}
    assert Mill(rules).drop(content[:-9]).reason == "not_parquet"
    assert Mill(rules).drop(content[:50] + bytes(len(content) - 60) + content[-10:]).reason == "not_parquet"
    report = Mill(contract(format={"kind": "parquet"}, key=["nr"])).drop(content)
    assert (report.reason, report.column) == ("header", "nr")


def test_an_event_row_carries_its_person_its_amount_and_where_it_was_read() -> None:
    rules = contract(
        **SALE,
        key=["no", "part"],
        event_time="day",
        trust=700,
        fields={"amount": {"column": "paid"}, "custom.colour": {"column": "colour"}},
        person={"email": {"column": "mail", "trust": 900}, "surname": {"column": "surname"}},
        constants={"type": "service", "country": "US"},
    )
    mill = Mill(rules)
    report = mill.drop(
        "no,part,day,who,paid,colour,mail,surname\n7,a|b,2026-01-01,C9,12.5,red,ann@example.org,Lee\n"
    )
    person, sale = mill.events["sales/C9"].values()
    assert isinstance(sale, Transaction)
    assert (sale.id, sale.type, sale.amount, sale.custom) == ("7|a%7Cb", "service", 1250, {"colour": "red"})
    assert (sale.file, sale.line, sale.source) == ("sales/2026/01/01/file.csv", 2, "sales")
    known = mill.profiles()["sales/C9"].values
    assert {field: value.value for field, value in known.items()} == {
        "email": "ann@example.org", "surname": "Lee", "country": "US",
    }  # fmt: skip
    assert (person.id, person.trust, person.field_trust) == ("C9", 700, {"email": 900})  # type: ignore[union-attr]
    assert report.balanced


def test_a_row_may_refer_to_another_sources_numbering() -> None:
    rules = contract(**SALE, refers_to="crm", key=["no"], fields={"amount": {"column": "paid"}})
    mill = Mill(rules)
    mill.drop("no,who,paid\n1,77,5\n2,,5\n")
    assert list(mill.events) == ["crm/77"]


@pytest.mark.parametrize(
    ("record", "fields", "row", "view"),
    [
        ("interaction", {"channel": "channel"}, "call", "inbound"),
        ("case", {}, "", "cases"),
        ("asset", {}, "", "assets"),
        ("response", {"type": "channel"}, "clicked", "replies"),
        ("transaction", {}, "", "ledgers"),
    ],
)
def test_an_event_that_a_full_dump_lacks_leaves_the_profile(
    record: str, fields: dict[str, str], row: str, view: str
) -> None:
    rules = contract(
        record=record,
        division="cars",
        customer_key="who",
        full_dump=True,
        disappeared="close",
        drift={"gone": 1.0},
        fields={field: {"column": column} for field, column in fields.items()},
    )
    mill = Mill(rules)
    head, kept, lost = "id,who,channel\n", f"1,C1,{row}\n", f"2,C2,{row}\n"
    mill.drop(head + kept + lost, day=1)
    assert len(getattr(mill.profiles()["people/C2"], view)) == 1
    assert mill.drop(head + kept, day=2).gone == 1
    assert len(getattr(mill.profiles()["people/C1"], view)) == 1
    assert len(getattr(mill.profiles()["people/C2"], view)) == 0
