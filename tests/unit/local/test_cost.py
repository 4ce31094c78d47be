"""What a month costs: units times things times prices, and what the local server's meter counts."""

import json
from pathlib import Path

import pytest

from courtesy_local.cli.app import run
from courtesy_local.cli.output import OK, PROBLEM
from courtesy_local.cost import prices
from courtesy_local.cost.estimate import Volume, estimate, first_load
from courtesy_local.stack import server_meter

COUNTED = {
    "first_load": {"things": 10.0, "dynamodb.write_units": 80.0},
    "changes": {"things": 10.0, "dynamodb.write_units": 40.0, "dynamodb.requests": 7.0},
    "cycle": {"things": 100.0, "dynamodb.read_units": 50.0},
    "contacts": {"things": 2.0, "sqs.requests": 6.0},
}


def test_units_are_counted_per_thing_and_priced_once() -> None:
    found = estimate(Volume(1000, records=2, changed=0.1, contacts=1, email=0.5), COUNTED)
    assert found.lines["changed rows"] == {
        "dynamodb.write_units": pytest.approx(1000 * 2 * 0.1 * 30 * 4 * 0.625e-6)
    }
    assert found.lines["cycles"]["dynamodb.read_units"] == pytest.approx(1000 * 30 * 0.5 * 0.125e-6)
    assert found.lines["contacts"]["sqs.requests"] == pytest.approx(1000 * 3 * 0.4e-6)
    assert found.lines["contacts"]["ses.messages"] == pytest.approx(500 * 1e-4)
    assert found.total == pytest.approx(sum(sum(line.values()) for line in found.lines.values()))
    assert first_load(Volume(1000, records=2), COUNTED) == pytest.approx(2000 * 8 * 0.625e-6)


def test_what_is_asked_for_once_a_part_grows_with_the_parts() -> None:
    counted = COUNTED | {
        "cycle": {"things": 100.0, "runs": 2.0, "s3.writes": 40.0, "dynamodb.read_units": 50.0},
        "changes": {"things": 10.0, "runs": 5.0, "s3.writes": 15.0},
    }
    found = estimate(Volume(120_001, records=1, changed=0.01), counted)
    assert found.lines["cycles"]["s3.writes"] == pytest.approx(3 * 30 * 20 * 5e-6)
    assert found.lines["cycles"]["dynamodb.read_units"] == pytest.approx(120_001 * 30 * 0.5 * 0.125e-6)
    chunks = 9 * 30 * 2 + 120_001 * 0.01 * 30 / 2000
    assert found.lines["changed rows"]["s3.writes"] == pytest.approx(chunks * 3 * 5e-6)


def test_the_command_says_what_the_prices_are_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "figures.json"
    path.write_text(json.dumps({"requests": COUNTED}))
    assert run(["cost", "--customers", "1000", "--counts", str(path), "--json"]) == OK
    shown = json.loads(capsys.readouterr().out)
    assert shown["prices"] == {"as_of": prices.AS_OF, "source": prices.SOURCE}
    assert shown["dollars_a_month"] > 0


def test_figures_without_counts_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "figures.json"
    path.write_text("{}")
    assert run(["cost", "--counts", str(path)]) == PROBLEM
    assert "make demo JSON=" in " ".join(capsys.readouterr().err.split())


ITEM = {"customer_id": {"S": "c" * 20}, "document": {"B": "QUJD" * 500}}
"""11 + 20 + 8 + 1500 bytes: two write units, one read unit."""


@pytest.mark.parametrize(
    ("action", "request_", "answer", "writes", "reads"),
    [
        ("PutItem", {"Item": ITEM}, {}, 2, 0),
        ("PutItem", {"Item": ITEM | {"due": {"S": "x"}}}, {}, 4, 0),
        ("TransactWriteItems", {"TransactItems": [{"Put": {"Item": ITEM}}, {"Update": {}}]}, {}, 6, 0),
        (
            "BatchWriteItem",
            {"RequestItems": {"t": [{"PutRequest": {"Item": ITEM}}, {"DeleteRequest": {}}]}},
            {},
            3,
            0,
        ),
        ("GetItem", {"ConsistentRead": True}, {"Item": ITEM}, 0, 1),
        ("GetItem", {}, {}, 0, 0.5),
        ("BatchGetItem", {"RequestItems": {"t": {"Keys": [{}, {}]}}}, {"Responses": {"t": [ITEM]}}, 0, 1),
        ("Query", {"ConsistentRead": True}, {"Items": [ITEM] * 3}, 0, 2),
    ],
)
def test_the_meter_counts_dynamodb_in_its_units(
    monkeypatch: pytest.MonkeyPatch, action: str, request_: object, answer: object, writes: int, reads: float
) -> None:
    counted: dict[str, float] = {"dynamodb.requests": 0, "dynamodb.write_units": 0, "dynamodb.read_units": 0}
    monkeypatch.setattr(server_meter, "counted", counted)
    server_meter.dynamodb(action, request_, answer)
    assert counted == {"dynamodb.requests": 1, "dynamodb.write_units": writes, "dynamodb.read_units": reads}


def test_what_the_demo_itself_asks_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = dict.fromkeys(("s3.reads", "s3.writes", "sqs.requests"), 0.0)
    monkeypatch.setattr(server_meter, "counted", counted)

    def asked(key: str, service: str, method: str, query: bytes = b"") -> None:
        signed = (
            f"AWS4-HMAC-SHA256 Credential={key}/20260102/eu-central-1/{service}/aws4_request, Signature=x"
        )
        headers = [(b"authorization", signed.encode())]
        server_meter.request({"headers": headers, "method": method, "query_string": query})

    asked("ASIAFUNCTION", "s3", "GET")
    asked("ASIAFUNCTION", "s3", "GET", b"list-type=2&prefix=x")
    asked("ASIAFUNCTION", "s3", "PUT")
    asked("ASIAFUNCTION", "sqs", "POST")
    asked("test", "s3", "PUT")
    assert counted == {"s3.reads": 1, "s3.writes": 2, "sqs.requests": 1}
