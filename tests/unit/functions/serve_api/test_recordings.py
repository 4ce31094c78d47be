"""What agents record takes effect at once: on the plan, on the profile, and for the triggers that listen."""

import pytest

from courtesy.outcomes import ContactState
from functions.serve_api import wiring
from tests.unit.functions.serve_api.conftest import Api
from tests.unit.functions.serve_api.worlds import CUSTOMERS, furnish, mark

CARS = CUSTOMERS["cars"]
PATH = f"/customers/{CARS}"


@pytest.fixture
def world(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    outside = furnish(api.outside)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def plan(api: Api) -> dict[str, ContactState]:
    return {c.contact: c.state for c in api.outside.store.read_profile(CARS).profile.contacts}


def told(api: Api) -> list[list[str]]:
    return [body["keys"] for body in api.outside.events.bodies()]  # type: ignore[attr-defined]


def test_a_complaint_takes_the_waiting_mail_out_of_the_plan(world: Api) -> None:
    waiting = f"w{mark('cars')}"
    assert plan(world)[waiting] is ContactState.RESERVED
    body = {"division": "cars", "nature": "paint", "severity": 2, "id": "c-1"}
    answer = world("POST", f"{PATH}/cases", role="agent", divisions="cars", body=body)
    assert answer.status == 201
    assert {(s["contact"], s["outcome"]) for s in answer.json["stopped"]} >= {
        (waiting, "cancelled"),
        (f"k{mark('cars')}", "recalled"),
    }
    assert plan(world)[waiting] is ContactState.CANCELLED
    (case,) = [c for c in world.outside.store.read_profile(CARS).profile.cases if c.id == "c-1"]
    assert (case.status, case.source, case.severity) == ("open", "courtesy", 2)
    assert told(world) == [[answer.json["event"]]]
    again = world("POST", f"{PATH}/cases", role="agent", divisions="cars", body=body)
    assert (again.status, again.json["stopped"]) == (201, [])
    other = world("POST", f"{PATH}/cases", role="agent", divisions="cars", body={**body, "severity": 5})
    assert other.status == 409


def test_a_case_is_closed_once_whoever_opened_it(world: Api) -> None:
    world("POST", f"{PATH}/cases", role="agent", divisions="cars", body={"division": "cars", "id": "c-1"})
    close = {"source": "courtesy", "id": "c-1"}
    done = world("POST", f"{PATH}/cases/close", role="agent", divisions="cars", body=close)
    assert done.status == 200
    assert done.json["event"].startswith("case#")
    (case,) = [c for c in world.outside.store.read_profile(CARS).profile.cases if c.id == "c-1"]
    assert (case.status, case.closed is not None) == ("closed", True)
    again = world("POST", f"{PATH}/cases/close", role="agent", divisions="cars", body=close)
    assert (again.status, again.json["event"]) == (200, "")
    missing = {"source": "courtesy", "id": "never"}
    assert world("POST", f"{PATH}/cases/close", role="agent", divisions="cars", body=missing).status == 404


def test_an_interaction_counts_and_is_recorded_once(world: Api) -> None:
    body = {"division": "cars", "channel": "call", "topic": "tyres", "weight": 2.0, "id": "i-1"}
    for _ in range(2):
        assert world("POST", f"{PATH}/interactions", role="agent", divisions="cars", body=body).status == 201
    mine = [i for i in world.outside.store.read_profile(CARS).profile.inbound if i.topic == "tyres"]
    assert [(i.weight, i.channel) for i in mine] == [(2.0, "call")]
    other = {**body, "topic": "brakes"}
    assert world("POST", f"{PATH}/interactions", role="agent", divisions="cars", body=other).status == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"division": "marine", "channel": "call"}, 403),
        ({"division": "cars", "channel": "call", "when": "2027-01-01T00:00:00Z"}, 400),
        ({"division": "cars", "channel": "call", "when": "2026-01-01T00:00:00"}, 422),
        ({"division": "cars"}, 422),
    ],
)
def test_what_cannot_be_recorded_is_refused(world: Api, body: dict[str, str], status: int) -> None:
    answer = world("POST", f"{PATH}/interactions", role="agent", divisions="cars", body=body)
    assert (answer.status, answer.type) == (status, "application/problem+json")


def test_an_unknown_division_is_named_with_the_nearest(world: Api) -> None:
    answer = world("POST", f"{PATH}/responses", role="engineer", body={"division": "carz", "type": "visited"})
    assert (answer.status, "did you mean 'cars'" in answer.json["detail"]) == (400, True)


def test_a_response_is_seen_by_follow_ups(world: Api) -> None:
    body = {
        "division": "cars",
        "type": "visited",
        "contact": f"k{mark('cars')}",
        "when": "2026-11-19T10:00:00Z",
    }
    assert world("POST", f"{PATH}/responses", role="dealer", divisions="cars", body=body).status == 201
    (reply,) = world.outside.store.read_profile(CARS).profile.replies
    assert (reply.type, reply.contact) == ("visited", f"k{mark('cars')}")


def test_a_withdrawal_is_taken_for_all_divisions_and_cancels_at_once(world: Api) -> None:
    body = {
        "purpose": "marketing",
        "channel": "*",
        "division": "*",
        "status": "withdrawn",
        "proof": "call 4711",
    }
    answer = world("POST", f"{PATH}/permissions", role="agent", divisions="cars", body=body)
    assert ("marketing", "*", "*", "withdrawn") in {
        (p["purpose"], p["channel"], p["division"], p["status"]) for p in answer.json["permissions"]
    }
    assert plan(world)[f"w{mark('cars')}"] is ContactState.CANCELLED


def test_a_permission_is_granted_in_ones_own_divisions(world: Api) -> None:
    body = {
        "purpose": "marketing",
        "channel": "sms",
        "division": "marine",
        "status": "granted",
        "proof": "call 1",
    }
    assert world("POST", f"{PATH}/permissions", role="agent", divisions="cars", body=body).status == 403
    assert world("POST", f"{PATH}/permissions", role="privacy_officer", body=body).status == 200
    wrong = {**body, "division": "boats"}
    assert world("POST", f"{PATH}/permissions", role="privacy_officer", body=wrong).status == 400


def test_a_waiting_contact_is_cancelled_and_one_that_left_is_not(world: Api) -> None:
    def cancel(contact: str, divisions: str = "cars") -> object:
        path = f"{PATH}/contacts/cancel"
        answer = world("POST", path, role="marketer", divisions=divisions, body={"contact": contact})
        return answer.json.get("cancelled", answer.status)

    assert cancel(f"w{mark('cars')}") is True
    assert cancel(f"w{mark('cars')}") is False
    assert cancel(f"k{mark('cars')}") is False
    assert cancel("never") == 404


def test_each_recording_is_a_look(world: Api) -> None:
    world(
        "POST",
        f"{PATH}/interactions",
        role="agent",
        divisions="cars",
        body={"division": "cars", "channel": "call"},
    )
    looks = [e for e in world.outside.store.read_timeline(CARS) if type(e).__name__ == "Look"]
    assert [(look.by, look.what) for look in looks] == [("sub-of-agent", "record")]  # type: ignore[union-attr]
