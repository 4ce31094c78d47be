"""GET /customers/{id}, POST /customers/find, explain."""

import duckdb
import orjson
import pytest

from courtesy.identity.hashing import customer_id_of
from courtesy.identity.normalise import traits_of
from courtesy.identity.resolve import Incoming, place
from courtesy.identity.rules import IdentityRules
from courtesy.timeline.events import Look, SourceRecord
from courtesy.timeline.profile import Profile
from courtesy.timeline.refold import refold
from tests.unit.functions.serve_api.conftest import ANNA, KEY, NOW, Api

UNKNOWN = "c" + "z" * 26


def test_a_marketer_sees_where_each_value_came_from(api: Api) -> None:
    answer = api("GET", f"/customers/{ANNA}", role="marketer")
    assert answer.status == 200
    email = answer.json["values"]["email"]
    assert (email["value"], email["source"], email["file"], email["line"]) == (
        "anna@example.com", "crm_persons", "crm_persons/2026/01/24/p.csv", 12,
    )  # fmt: skip
    assert set(answer.json["purchases"]) == {"cars", "marine"}
    assert answer.json["timeline"]["items"][0]["kind"] == "case", "newest first"


def test_a_dealer_of_one_division_sees_nothing_of_another(api: Api) -> None:
    answer = api("GET", f"/customers/{ANNA}", role="dealer", divisions="cars")
    assert set(answer.json["purchases"]) == {"cars"}
    assert "marine" not in answer.text


@pytest.mark.parametrize("path", ["", "/explain"])
def test_a_dealer_is_not_told_that_a_stranger_to_its_division_is_a_customer(api: Api, path: str) -> None:
    assert api("GET", f"/customers/{ANNA}{path}", role="dealer", divisions="finance").status == 404


def test_a_dealer_without_a_division_sees_nobody(api: Api) -> None:
    assert api("GET", f"/customers/{ANNA}", role="dealer").status == 403


@pytest.mark.parametrize(("role", "status"), [("", 401), ("source", 403), ("agent", 403), ("engineer", 200)])
def test_who_may_look(api: Api, role: str, status: int) -> None:
    assert api("GET", f"/customers/{ANNA}", role=role).status == status


def test_each_look_is_recorded_and_changes_no_profile(api: Api) -> None:
    before = api.outside.store.read_profile(ANNA)
    api("GET", f"/customers/{ANNA}", role="agent", divisions="cars marine")
    looks = [event for event in api.outside.store.read_timeline(ANNA) if isinstance(event, Look)]
    assert [(look.by, look.what) for look in looks] == [("sub-of-agent", "customer")]
    assert api.outside.store.read_profile(ANNA) == before


def test_the_reads_of_one_page_are_one_look_with_all_kinds(api: Api) -> None:
    for path in ("", "/explain", "", "/explain"):
        assert api("GET", f"/customers/{ANNA}{path}", role="agent", divisions="cars marine").status == 200
    items = api("GET", f"/customers/{ANNA}", role="privacy_officer").json["timeline"]["items"]
    looks = [item["facts"] for item in items if item["kind"] == "look"]
    assert looks == [{"by": "sub-of-agent", "what": "customer, explain"}]
    stored = [event for event in api.outside.store.read_timeline(ANNA) if isinstance(event, Look)]
    assert sorted(look.what for look in stored if look.by == "sub-of-agent") == ["customer", "explain"]


def test_the_timeline_comes_in_pages_without_gap_or_repetition(api: Api) -> None:
    seen, cursor = [], ""
    for _ in range(10):
        page = api(
            "GET", f"/customers/{ANNA}", role="privacy_officer", query={"limit": "2", "cursor": cursor}
        ).json["timeline"]
        seen += [item["key"] for item in page["items"] if item["kind"] != "look"]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5


def test_an_unknown_customer_is_a_problem_document(api: Api) -> None:
    answer = api("GET", f"/customers/{UNKNOWN}", role="marketer")
    assert (answer.status, answer.type) == (404, "application/problem+json")
    assert answer.json["status"] == 404


def test_a_malformed_id_names_the_field(api: Api) -> None:
    answer = api("GET", "/customers/anna%40example.com", role="marketer")
    assert answer.status == 422
    assert "customer_id" in answer.json["errors"][0]["field"]
    assert answer.type == "application/problem+json"


def _known(api: Api) -> str:
    incoming = Incoming(
        "crm_persons/77",
        traits_of(
            {"given_name": "Anna", "surname": "Berg", "email": "Anna@Example.com", "phone": "+14155550123"}
        ),
        order=("2026-11-01", "2026-11-01", "v1"),
    )
    placed = place([incoming], api.outside.index, IdentityRules(), KEY, NOW)
    return placed["crm_persons/77"].customer_id


@pytest.mark.parametrize(
    ("known", "found"),
    [
        ({"email": "ANNA@example.com"}, True),
        ({"phone": "(415) 555-0123"}, True),
        ({"source": "crm_persons", "record": "77"}, True),
        ({"email": "anna@example.com", "phone": "+14155550199"}, False),
        ({"email": "bert@example.com"}, False),
        ({"email": "not an address"}, False),
    ],
)
def test_find_by_exact_keys_all_of_which_must_fit(api: Api, known: dict[str, str], found: bool) -> None:
    customer = _known(api)
    answer = api("POST", "/customers/find", role="marketer", body=known)
    assert answer.status == 200
    assert answer.json["customers"] == ([customer] if found else [])


def test_find_wants_at_least_one_key(api: Api) -> None:
    assert api("POST", "/customers/find", role="marketer", body={"record": "77"}).status == 400


def test_find_refuses_unknown_fields_and_torn_json(api: Api) -> None:
    assert api("POST", "/customers/find", role="marketer", body={"mail": "x"}).status == 422
    assert api("POST", "/customers/find", role="marketer", raw="{").status == 422


def test_explain_answers_from_the_cycles_log(api: Api, tmp_path: object) -> None:
    path = f"{tmp_path}/part.parquet"
    figures = orjson.dumps({"cap": 1}).decode()
    rows = duckdb.sql(
        "SELECT * FROM (VALUES "
        f"('{ANNA}', 'service_due', 'cars', 'held', 'cap', 'the cap is full', '{figures}', '2026-11-19T00:00:00Z'),"
        f"('{ANNA}', 'welcome', 'marine', 'control', 'global_control', 'in control', '', '2026-11-18T00:00:00Z'),"
        f"('{UNKNOWN}', 'welcome', 'cars', 'held', 'gap', 'too close', '', '2026-11-18T00:00:00Z')"
        ') AS t(customer_id, trigger, division, outcome, reason, sentence, json, "at")'
    )
    assert rows is not None
    rows.write_parquet(path)
    with open(path, "rb") as part:
        api.outside.lake.put("decisions/2026-11-19-x/part-00000.parquet", part.read())
    both = api("GET", f"/customers/{ANNA}/explain", role="marketer").json["decisions"]
    assert [row["trigger"] for row in both] == ["service_due", "welcome"], "newest first, nobody else's"
    assert both[0]["figures"] == {"cap": 1}
    one = api("GET", f"/customers/{ANNA}/explain", role="marketer", query={"trigger": "welcome"}).json[
        "decisions"
    ]
    assert [row["outcome"] for row in one] == ["control"]
    dealer = api("GET", f"/customers/{ANNA}/explain", role="dealer", divisions="cars").json["decisions"]
    assert [row["trigger"] for row in dealer] == ["service_due"]


def decided_before_a_merge(api: Api) -> str:
    """An id that leads to Anna, with a decision of its own; another, of whom a record is here no more."""
    outside = api.outside
    former, stranger = (customer_id_of(outside.key(), subject) for subject in ("web/9", "web/10"))
    known = SourceRecord(source="web", id="9", when=NOW, fields={})
    other = SourceRecord(source="web", id="10", when=NOW, fields={})
    outside.store.append(ANNA, [known, other])
    refold(outside.store, ANNA)
    for id_, home in ((former, ANNA), (stranger, "")):  # the stranger's record was split off again
        assert outside.store.put_profile(Profile(customer_id=id_, merged_into=home), 0) == "committed"
        row = {"customer_id": id_, "trigger": "welcome", "division": "cars", "at": "2026-11-18T00:00:00Z"}
        outside.lake.put(f"decisions/events/{id_}/2026-11-18-x.jsonl", orjson.dumps(row) + b"\n")
    return former


def test_explain_tells_what_was_decided_under_an_id_that_leads_here_now(api: Api) -> None:
    former = decided_before_a_merge(api)
    for path in (ANNA, former):
        rows = api("GET", f"/customers/{path}/explain", role="marketer").json["decisions"]
        assert [row["customer_id"] for row in rows] == [former]
