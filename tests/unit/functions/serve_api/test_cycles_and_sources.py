"""POST and GET /cycles, GET /sources and the API's own description."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
from openapi_spec_validator import validate

from courtesy.intake.report import Count, FileReport, encode_report, report_path
from courtesy.outcomes import FileOutcome
from functions.serve_api.application import openapi_document
from tests.unit.functions.serve_api.conftest import Api

CHECKED_IN = Path(__file__).parents[4] / "docs" / "openapi.json"


def test_a_cycle_is_started_once_per_name_and_can_be_asked_for(api: Api) -> None:
    for _ in range(2):
        answer = api("POST", "/cycles", role="marketer", body={"as_of": "2026-11-19", "name": "evening"})
        assert answer.status == 202
        assert answer.headers["location"] == "/cycles/2026-11-19-evening"
    assert api("GET", "/cycles/2026-11-19-evening", role="engineer").json["status"] == "running"


def test_without_a_date_it_is_today_by_the_clock(api: Api) -> None:
    assert api("POST", "/cycles", role="engineer", body={}).json["cycle_id"] == "2026-11-20-run-120000"


def test_a_date_that_is_none_names_the_field(api: Api) -> None:
    answer = api("POST", "/cycles", role="engineer", body={"as_of": "tomorrow"})
    assert answer.status == 422
    assert answer.json["errors"][0]["field"].endswith("as_of")


@pytest.mark.parametrize("role", ["agent", "dealer", "source"])
def test_who_may_not_start_a_cycle(api: Api, role: str) -> None:
    assert api("POST", "/cycles", role=role, divisions="cars", body={}).status == 403


def test_an_unknown_cycle_is_not_found(api: Api) -> None:
    assert api("GET", "/cycles/2026-11-19-nobody", role="marketer").status == 404


def _report(api: Api, file_id: str, day: int) -> None:
    report = FileReport(
        source="crm_persons",
        file_id=file_id,
        key=f"crm_persons/2026/11/{day}/p.csv",
        outcome=FileOutcome.LOADED,
        at=datetime(2026, 11, day, tzinfo=UTC),
        rows_in=7,
        loaded=4,
        unchanged=2,
        quarantined=1,
        reasons=[Count(column="born", reason="no_date", rows=1, line=5)],
    )
    api.outside.lake.put(report_path("crm_persons", file_id), encode_report(report))


def test_files_of_a_source_newest_first_in_pages(api: Api) -> None:
    for n in range(5):
        _report(api, f"f{n}", 10 + n)
    api.outside.lake.put("outcomes/files/crm_persons/f0/chunks/00000.json", b"{}")
    first = api("GET", "/sources/crm_persons/files", role="source", query={"limit": "3"}).json
    assert [f["file_id"] for f in first["files"]] == ["f4", "f3", "f2"]
    assert first["files"][0]["rows"] == {"in": 7, "loaded": 4, "unchanged": 2, "quarantined": 1}
    assert first["files"][0]["reasons"] == [{"column": "born", "reason": "no_date", "rows": 1, "line": 5}]
    rest = api(
        "GET", "/sources/crm_persons/files", role="source", query={"limit": "3", "cursor": first["next"]}
    ).json
    assert [f["file_id"] for f in rest["files"]] == ["f1", "f0"]
    assert rest["next"] is None


def test_an_unknown_source_is_told_the_nearest_name(api: Api) -> None:
    answer = api("GET", "/sources/crm_person/files", role="marketer")
    assert answer.status == 400
    assert "did you mean 'crm_persons'?" in answer.json["detail"]


def test_a_route_that_is_not_there(api: Api) -> None:
    assert api("GET", "/nothing", role="marketer").json["title"] == "Not found"


def test_the_description_is_valid_openapi_3_1_and_checked_in(api: Api) -> None:
    document = orjson.loads(openapi_document())
    validate(document)
    assert document["openapi"].startswith("3.1")
    assert orjson.loads(api("GET", "/openapi.json").text) == document
    assert orjson.loads(CHECKED_IN.read_bytes()) == document, "run `make openapi` and look at the difference"
