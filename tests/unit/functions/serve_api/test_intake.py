"""Quarantine and the check of a sample over the API."""

import gzip
from base64 import b64encode
from pathlib import Path

import pytest

from courtesy.intake.contract import SourceContract
from courtesy.intake.difference import BadRow
from courtesy.intake.quarantine import quarantine_path, write_quarantine
from courtesy.intake.report import Fault
from functions.serve_api.routes.intake import LARGEST_SAMPLE
from tests.unit.functions.serve_api.conftest import Api

CRM = SourceContract.model_validate(
    {
        "name": "crm_persons",
        "record": "person",
        "format": {"kind": "csv"},
        "key": ["id"],
        "fields": {
            "surname": {"column": "name", "required": True},
            "date_of_birth": {"column": "born", "date_format": "%d.%m.%Y"},
        },
    }
)
GOOD = b"id,name,born\n1,Berg,01.02.1980\n2,Lund,17.05.1991\n"
BAD = GOOD + b"3,,01.02.1980\n4,Holm,1980-02-01\n"


@pytest.fixture(autouse=True)
def contract(api: Api) -> None:
    api.outside.rulebooks.current().sources["crm_persons"] = CRM


def check(api: Api, content: bytes, role: str = "source", file: str = "crm.csv") -> dict[str, object]:
    body = {"file": file, "content": b64encode(content).decode()}
    answer = api("POST", "/sources/crm_persons/check", role=role, body=body)
    assert answer.status == 200, answer.text
    return dict(answer.json)


def test_a_sample_is_checked_and_nothing_is_kept(api: Api) -> None:
    found = check(api, BAD)
    assert (found["outcome"], found["rows_in"], found["loaded"], found["quarantined"]) == ("loaded", 4, 2, 2)
    assert [(row["line"], [f["column"] for f in row["faults"]]) for row in found["bad"]] == [  # type: ignore[attr-defined]
        (4, ["name"]),
        (5, ["born"]),
    ]
    assert "Holm" not in str(found)
    assert api.outside.lake.list("") == []


def test_a_gzipped_sample_is_read_too(api: Api) -> None:
    assert check(api, gzip.compress(GOOD), file="crm.csv.gz")["loaded"] == 2


def test_a_sample_of_another_shape_is_refused_as_a_whole(api: Api) -> None:
    found = check(api, b"no,surname\n1,Berg\n")
    assert (found["outcome"], found["refused"]) == ("refused", "header")
    assert "id" in str(found["detail"])


def test_a_bomb_is_refused(api: Api) -> None:
    found = check(api, gzip.compress(b"id,name,born\n" + b"1,Berg,01.02.1980\n" * 1_500_000))
    assert (found["outcome"], found["refused"]) == ("refused", "too_large")


def test_a_sample_has_its_limits(api: Api) -> None:
    path = "/sources/crm_persons/check"
    large = {"file": "f.csv", "content": b64encode(b"x" * (LARGEST_SAMPLE + 1)).decode()}
    assert api("POST", path, role="source", body=large).status in (400, 422)
    assert api("POST", path, role="source", body={"file": "f.csv", "content": "no base64!"}).status == 400
    assert api("POST", path, role="source", body={"file": "../f.csv", "content": "eA=="}).status == 422
    unknown = api("POST", "/sources/crm_person/check", role="source", body={"file": "f", "content": "eA=="})
    assert unknown.status == 400
    assert "did you mean 'crm_persons'?" in unknown.json["detail"]


def test_quarantined_rows_with_line_column_and_reason_in_pages(api: Api, tmp_path: Path) -> None:
    rows = [BadRow(n + 2, [Fault("born", "not_a_date", "%d.%m.%Y")], f"{n},Berg,secret{n}") for n in range(5)]
    parts = write_quarantine(rows, "crm_persons", 3, "crm_persons/2026/01/01/f.csv", tmp_path, largest=300)
    for number, part in enumerate(parts):
        api.outside.lake.upload(part, quarantine_path("crm_persons", "a" * 26, number))
    assert len(api.outside.lake.list("quarantine/")) == 3
    path = f"/sources/crm_persons/quarantine/{'a' * 26}"
    first = api("GET", path, role="source", query={"limit": "3"})
    assert first.json["rows"][0] == {
        "line": 2,
        "faults": [{"column": "born", "reason": "not_a_date", "expected": "%d.%m.%Y"}],
    }
    assert "secret" not in first.text
    rest = api("GET", path, role="engineer", query={"limit": "3", "after": str(first.json["next"])}).json
    assert [row["line"] for row in first.json["rows"] + rest["rows"]] == [2, 3, 4, 5, 6]
    assert (rest["next"], rest["contract"]) == (None, 3)
    assert api("GET", path, role="engineer", query={"after": "5"}).json["rows"] == []


@pytest.mark.parametrize("role", ["marketer", "agent", "dealer", "approver"])
def test_who_may_not(api: Api, role: str) -> None:
    body = {"file": "f.csv", "content": "eA=="}
    assert api("POST", "/sources/crm_persons/check", role=role, divisions="cars", body=body).status == 403
    path = f"/sources/crm_persons/quarantine/{'a' * 26}"
    assert api("GET", path, role=role, divisions="cars").status == 403


def test_a_file_without_quarantine_is_not_found(api: Api) -> None:
    assert api("GET", f"/sources/crm_persons/quarantine/{'b' * 26}", role="engineer").status == 404
