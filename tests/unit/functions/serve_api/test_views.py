"""What marketers, agents and engineers read: rulebook, decisions, pressure, mailings, freshness, health, next action."""

from typing import Any

import pytest

from courtesy.timeline.events import Contact
from functions.serve_api import wiring
from tests.unit.functions.serve_api.conftest import Answer, Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, CYCLE, DRAFT, MAILING, furnish, mark


@pytest.fixture
def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def get(api: Api, path: str, role: str = "marketer", divisions: str = "", **query: str) -> Answer:
    return api("GET", path, role=role, divisions=divisions, query=query or None)


def test_the_rulebook_is_read_section_by_section(world: Api) -> None:
    told = get(world, "/rulebook").json
    assert told["version"] == 2
    entries = {section["name"]: section["entries"] for section in told["sections"]}
    assert "welcome_cars" in entries["triggers"]
    assert entries["decisions"] is None
    trigger = get(world, "/rulebook/sections/triggers/welcome_cars").json["value"]
    assert trigger["division"] == "cars"
    assert get(world, "/rulebook/sections/decisions").json["value"]["minimum_age"] >= 18
    assert get(world, "/rulebook/sections/decisions", draft=DRAFT).json["version"] == 0
    assert get(world, "/rulebook/schemas/triggers").json["properties"]["criteria"]


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/rulebook/sections/trigers", 400, "did you mean 'triggers'"),
        ("/rulebook/sections/triggers/welcome_car", 400, "did you mean 'welcome_cars'"),
        ("/rulebook/sections/decisions/caps", 400, "has no entries"),
        ("/rulebook/schemas/nothing", 400, "unknown section"),
        ("/triggers/welcome_car", 400, "did you mean 'welcome_cars'"),
        ("/templates/welcome_cars/email/xx", 400, "did you mean 'welcome_cars/email/"),
    ],
)
def test_a_name_that_is_not_known_is_told_with_the_nearest(
    world: Api, path: str, status: int, text: str
) -> None:
    answer = get(world, path)
    assert (answer.status, text in answer.json["detail"]) == (status, True), answer.text


def test_triggers_come_with_what_the_latest_cycle_decided(world: Api) -> None:
    told = get(world, "/triggers", "agent", "cars").json
    assert (told["version"], told["cycle_id"]) == (2, CYCLE)
    proposed = sum(sum(t["last"].values()) for t in told["triggers"])
    summary = get(world, "/decisions/summary").json
    assert proposed == summary["proposed"] > 0
    one = get(world, "/triggers/welcome_cars").json
    assert {m["channel"] for m in one["messages"]} <= set(one["trigger"]["channels"])
    assert get(world, "/triggers", version="1").json["version"] == 1


def test_templates_policies_segments_and_divisions(world: Api) -> None:
    lines = get(world, "/templates").json["templates"]
    line = next(each for each in lines if each["channel"] == "email")
    shown = get(world, f"/templates/{line['trigger']}/email/{line['language']}").json
    assert shown["subject"] == line["subject"]
    assert shown["html"]
    assert get(world, "/policies", "agent", "cars").json["policies"]["caps"]
    segments = get(world, "/segments").json
    assert segments["cycle_id"] == CYCLE
    assert sum(segments["segments"]["cars"].values()) >= 1
    assert {d["name"] for d in get(world, "/divisions", "dealer", "cars").json["divisions"]} >= {
        "cars",
        "marine",
    }


def test_decisions_are_searched_a_page_at_a_time(world: Api) -> None:
    everything = get(world, "/decisions").json
    assert everything["next"] is None
    rows = everything["decisions"]
    assert len(rows) >= 2
    first = get(world, "/decisions", limit="1").json
    second = get(world, "/decisions", limit="1", cursor=first["next"]).json
    assert [first["decisions"][0], second["decisions"][0]] == rows[:2]
    one = rows[0]
    asked = {
        "trigger": one["trigger"],
        "outcome": one["outcome"],
        "reason": one["reason"],
        "customer_id": one["customer_id"],
    }
    assert one in get(world, "/decisions", **asked, cycle=CYCLE).json["decisions"]
    mine = get(world, "/decisions", divisions="marine").json["decisions"]
    assert {row["division"] for row in mine} <= {"marine"}
    assert get(world, "/decisions", divisions="marine", division="cars").json["decisions"] == []
    assert {r["division"] for r in get(world, "/decisions", division="cars").json["decisions"]} <= {"cars"}
    assert get(world, "/decisions", cycle="2020-01-01-none").status == 404


def test_the_summary_balances(world: Api) -> None:
    told = get(world, "/decisions/summary", "engineer").json
    assert told["proposed"] == told["reserved"] + told["held"] + told["suppressed"] + told["control"]
    assert told["proposed"] == sum(group["candidates"] for group in told["groups"])


def test_the_calendar_shows_what_waits_and_what_binds(world: Api) -> None:
    told = get(world, "/pressure/calendar").json
    assert told["cycles"] == [CYCLE]
    assert {day["division"] for day in told["waiting"]} == set(CUSTOMERS)
    assert told["complete"]
    reserved = get(world, "/decisions/summary").json["reserved"]
    assert sum(day["contacts"] for day in told["planned"]) <= reserved
    cars = get(world, "/pressure/calendar", divisions="cars").json
    assert {day["division"] for day in [*cars["waiting"], *cars["planned"]]} <= {"cars"}
    wrong = get(world, "/pressure/calendar", **{"from": "2026-11-20", "to": "2026-11-01"})
    assert wrong.status == 400


def test_who_is_written_to_how_often(world: Api) -> None:
    told = get(world, "/pressure/people").json
    assert sum(told["buckets"].values()) == len(CUSTOMERS)
    assert {row["customer_id"] for row in told["most"]} == set(CUSTOMERS.values())
    assert told["forgotten"] == 0
    assert get(world, "/pressure/people", divisions="cars").status == 404, "corporate is not theirs"
    assert get(world, "/pressure/people", divisions="cars", division="cars").status == 200


def test_mailings_are_listed_looked_at_and_called_back(world: Api) -> None:
    (line,) = get(world, "/mailings").json["mailings"]
    assert (line["mailing_id"], line["pieces"]) == (MAILING, 4)
    assert get(world, "/mailings", cursor=MAILING).json["mailings"] == []
    one = get(world, f"/mailings/{MAILING}").json
    assert (one["states"], one["recall"], one["acknowledged"]) == ({"sent": 4}, {"": 4}, False)
    body = {"because": "a wrong picture"}
    done = world("POST", f"/mailings/{MAILING}/recall", role="marketer", body=body)
    assert (done.json["wanted"], done.json["too_late"]) == (4, 0)
    assert get(world, f"/mailings/{MAILING}").json["recall"] == {"wanted": 4}
    told = {
        event.reason.partition(" (")[0]
        for customer in CUSTOMERS.values()
        for event in world.outside.store.read_timeline(customer)
        if isinstance(event, Contact) and event.recall == "wanted"
    }
    assert told == {"recalled by hand: a wrong picture"}, "each piece's contact says why"
    again = world("POST", f"/mailings/{MAILING}/recall", role="marketer", body=body)
    assert again.json["wanted"] == 4
    assert get(world, f"/mailings/{MAILING[:-1]}0").status == 404


def test_freshness_tells_who_never_delivered(world: Api) -> None:
    told = {source["source"]: source for source in get(world, "/sources/freshness", "source").json["sources"]}
    assert (told["crm_persons"]["outcome"], told["crm_persons"]["age_hours"]) == ("loaded", 0)
    assert told["crm_persons"]["rows"] == {"in": 3, "loaded": 2, "unchanged": 0, "quarantined": 1}
    assert (told["loyalty_programme"]["last_at"], told["loyalty_programme"]["rows"]) == (None, None)


def test_health_is_not_well_while_a_message_was_given_up(world: Api) -> None:
    told = get(world, "/installation/health", "engineer").json
    assert told["ok"] is False
    assert {queue["name"]: queue["dead"] for queue in told["queues"]} == {"chunks": 0, "email": 2}
    assert told["alarms"][0]["state"] == "ALARM"
    assert (told["cycle"]["cycle_id"], told["cycle"]["balanced"]) == (CYCLE, True)
    assert told["files"] == {"files": 1, "loading": 0, "refused": 0, "unbalanced": 0, "quarantined": 1}


def test_who_am_i(world: Api) -> None:
    assert get(world, "/me", "agent", "cars marine").json == {
        "id": "sub-of-agent", "roles": ["agent"], "divisions": ["cars", "marine"], "dealers": [], "sources": [], "bound": True,
    }  # fmt: skip
    assert get(world, "/me", "engineer", "cars").json["bound"] is False
    assert get(world, "/me", "marketer").json["bound"] is False


def test_what_may_be_said_now_and_what_is_planned(world: Api) -> None:
    path = f"/customers/{CUSTOMERS['cars']}/next-action"
    told: dict[str, Any] = get(world, path, "agent", "cars").json
    assert (f"w{mark('cars')}", "reserved") in [(p["contact"], p["state"]) for p in told["planned"]]
    assert (told["open_cases"], told["objects"]) == (0, False)
    assert {action["division"] for action in told["actions"]} <= {"cars"}
    shown = {"trigger": "welcome_marine", "occurrence": "x"}
    assert world("POST", f"{path}/shown", role="agent", divisions="cars", body=shown).status == 400
    theirs = {"trigger": "season_start_marine", "occurrence": "x"}
    assert world("POST", f"{path}/shown", role="agent", divisions="cars", body=theirs).status == 404


def test_a_draft_is_tried_on_customers(world: Api) -> None:
    body = {"days": 2, "customers": 3}
    told = world("POST", f"/rulebook/drafts/{DRAFT}/rehearsal", role="marketer", body=body).json
    assert (told["looked_at"], told["customers"], told["days"]) == (3, 4, 2)
    assert told["before"]["candidates"] == told["after"]["candidates"], "the draft changes nothing yet"
    assert told["difference"]["contacts"][0] == told["difference"]["contacts"][1]
    moved = world("POST", f"/rulebook/drafts/{DRAFT}/segments", role="marketer", body={}).json
    assert (moved["cycle_id"], moved["shifts"]) == (CYCLE, [])
