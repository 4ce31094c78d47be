"""A marketer drafts, checks and submits; another person approves and publishes; each sees what the other changed."""

from dataclasses import replace
from typing import Any

import pytest

from courtesy.rulebook.desk import rulebook_of
from functions.serve_api import wiring
from tests.fakes import InMemoryRulebookStore
from tests.unit.functions.serve_api.conftest import NOW, Answer, Api

HELLO = "division: cars\ncategory: marketing\nchannels: [email]\ncriteria: open_cases = 0\n"
FILES = {"divisions.yaml": "cars: {label: Cars}\nmarine: {label: Marine}\n", "triggers/hello.yaml": HELLO}
TRIGGER = {"division": "cars", "category": "marketing", "channels": ["letter"], "criteria": "has_email"}


@pytest.fixture
def house(api: Api, monkeypatch: pytest.MonkeyPatch) -> Api:
    """The API with a rulebook in force that was published with its files."""
    store = InMemoryRulebookStore()
    store.publish(rulebook_of(FILES).model_dump(exclude={"version"}), "mia", NOW, files=FILES)
    outside = replace(api.outside, rulebooks=store)
    monkeypatch.setattr(wiring, "wire", lambda: outside)
    return Api(outside)


def begin(api: Api, **more: Any) -> str:
    answer = api("POST", "/rulebook/drafts", role="marketer", body={"title": "Louder", **more})
    assert (answer.status, answer.headers["etag"]) == (201, '"1"')
    return str(answer.json["draft_id"])


def step(
    api: Api, draft_id: str, verb: str, role: str, body: object = None, tag: str = "", **more: Any
) -> Answer:
    tag = tag or api("GET", f"/rulebook/drafts/{draft_id}", role="engineer").headers["etag"]
    method, _, path = verb.partition(" ")
    return api(
        method, f"/rulebook/drafts/{draft_id}{path}", role=role, body=body, headers={"if-match": tag}, **more
    )


def write(api: Api, draft_id: str, text: str, path: str = "triggers/hello.yaml", **more: Any) -> Answer:
    return step(api, draft_id, "PUT /file", "marketer", {"text": text}, query={"path": path}, **more)


def test_from_draft_to_publication(house: Api) -> None:
    draft_id = begin(house)
    written = write(house, draft_id, HELLO.replace("open_cases = 0", "has_email"))
    assert written.json["changed"] == [{"path": "triggers/hello.yaml", "kind": "changed"}]
    entry = step(house, draft_id, "PUT /sections/triggers/bye", "marketer", {"value": TRIGGER})
    assert entry.json["changed"][0] == {"path": "triggers/bye.yaml", "kind": "added"}
    assert house("GET", f"/rulebook/drafts/{draft_id}/check", role="marketer").json["sound"]
    changes = house("GET", f"/rulebook/drafts/{draft_id}/diff", role="approver").json["changes"]
    assert [(change["path"], change["kind"]) for change in changes] == [
        (["triggers", "bye"], "added"),
        (["triggers", "hello", "criteria"], "changed"),
    ]
    assert (
        step(house, draft_id, "POST /submit", "marketer", {"remark": "please"}).json["state"] == "submitted"
    )
    assert step(house, draft_id, "POST /approve", "approver", {}).json["state"] == "approved"
    done = step(house, draft_id, "POST /publish", "approver")
    assert (done.status, done.json["state"], done.json["published"]) == (200, "published", 2)
    versions = house("GET", "/rulebook/versions", role="marketer").json
    assert (versions["current"], [v["by"] for v in versions["versions"]]) == (2, ["sub-of-approver", "mia"])
    told = house("GET", "/rulebook/versions/2/diff", role="engineer").json
    assert (told["before"], len(told["changes"])) == (1, 2)


def test_nobody_approves_their_own_draft(house: Api) -> None:
    draft_id = begin(house)
    step(house, draft_id, "PUT /file", "approver", {"text": HELLO}, query={"path": "triggers/hello.yaml"})
    step(house, draft_id, "POST /submit", "marketer", {})
    refused = step(house, draft_id, "POST /approve", "approver", {})
    assert (refused.status, refused.type) == (403, "application/problem+json")
    assert "another approver" in refused.json["detail"]
    assert step(house, draft_id, "POST /approve", "marketer", {}).status == 403


def test_a_change_names_what_it_was_made_of(house: Api) -> None:
    draft_id = begin(house)
    path = f"/rulebook/drafts/{draft_id}/file"
    query, body = {"path": "triggers/hello.yaml"}, {"text": HELLO + "label: A\n"}
    bare = house("PUT", path, role="marketer", query=query, body=body)
    assert (bare.status, bare.json["status"]) == (428, 428)
    assert write(house, draft_id, HELLO + "label: A\n", tag='"1"').headers["etag"] == '"2"'
    stale = write(house, draft_id, HELLO + "label: B\n", tag='"1"')
    assert (stale.status, stale.type) == (412, "application/problem+json")
    kept = house("GET", path, role="marketer", query=query)
    assert (kept.json["text"], kept.json["base"], kept.headers["etag"]) == (
        HELLO + "label: A\n",
        HELLO,
        '"2"',
    )


def test_what_is_wrong_is_told_with_file_line_and_position(house: Api) -> None:
    draft_id = begin(house)
    write(house, draft_id, HELLO.replace("open_cases", "opn_cases"))
    checked = house("GET", f"/rulebook/drafts/{draft_id}/check", role="marketer").json
    (problem,) = checked["problems"]
    assert (checked["sound"], problem["file"], problem["line"], problem["position"]) == (
        False, "triggers/hello.yaml", 4, 0,
    )  # fmt: skip


def test_a_draft_that_is_not_sound_is_not_published(house: Api) -> None:
    draft_id = begin(house)
    write(house, draft_id, HELLO + "lable: x\n")
    step(house, draft_id, "POST /submit", "marketer", {})
    step(house, draft_id, "POST /approve", "approver", {})
    refused = step(house, draft_id, "POST /publish", "approver")
    assert refused.status == 400
    assert "did you mean 'label'" in refused.json["detail"]


def test_files_are_listed_read_removed_and_missed(house: Api) -> None:
    draft_id = begin(house)
    gone = step(house, draft_id, "DELETE /file", "marketer", query={"path": "triggers/hello.yaml"})
    assert gone.json["changed"] == [{"path": "triggers/hello.yaml", "kind": "removed"}]
    files = house("GET", f"/rulebook/drafts/{draft_id}/files", role="marketer").json["files"]
    assert files == [{"path": "divisions.yaml", "characters": len(FILES["divisions.yaml"]), "changed": False}]
    query = {"path": "triggers/hello.yaml"}
    assert house("GET", f"/rulebook/drafts/{draft_id}/file", role="marketer", query=query).status == 404
    assert house("GET", "/rulebook/drafts/d-00000000ff", role="marketer").status == 404


def test_a_section_is_written_whole(house: Api) -> None:
    draft_id = begin(house)
    answer = step(house, draft_id, "PUT /sections/decisions", "marketer", {"value": {"minimum_age": 21}})
    assert answer.json["changed"] == [{"path": "decisions.yaml", "kind": "added"}]


def test_drafts_are_listed_by_state_a_page_at_a_time(house: Api) -> None:
    first, second = begin(house), begin(house)
    step(house, first, "DELETE ", "marketer")
    page = house("GET", "/rulebook/drafts", role="marketer", query={"limit": "1"}).json
    assert len(page["drafts"]) == 1
    rest = house("GET", "/rulebook/drafts", role="marketer", query={"cursor": page["next"]}).json
    assert {page["drafts"][0]["draft_id"], rest["drafts"][0]["draft_id"]} == {first, second}
    assert rest["next"] is None
    (living,) = house("GET", "/rulebook/drafts", role="marketer", query={"state": "open"}).json["drafts"]
    assert (living["draft_id"], living["changed"]) == (second, [])


def test_a_refusal_needs_a_reason(house: Api) -> None:
    draft_id = begin(house)
    step(house, draft_id, "POST /submit", "marketer", {})
    assert step(house, draft_id, "POST /reject", "approver", {"remark": " "}).status == 400
    back = step(house, draft_id, "POST /reject", "approver", {"remark": "too loud"}).json
    assert (back["state"], back["remark"]) == ("open", "too loud")


def publish(api: Api, draft_id: str) -> Answer:
    step(api, draft_id, "POST /submit", "marketer", {})
    step(api, draft_id, "POST /approve", "approver", {})
    return step(api, draft_id, "POST /publish", "approver")


def test_a_stale_draft_is_taken_up_to_the_version_in_force(house: Api) -> None:
    slow, fast = begin(house), begin(house)
    write(house, fast, HELLO + "label: Fast\n")
    assert publish(house, fast).status == 200
    write(house, slow, "cars: {label: Autos}\n", "divisions.yaml")
    assert publish(house, slow).status == 409
    moved = step(house, slow, "POST /rebase", "marketer")
    assert (moved.json["base"], moved.json["stale"], moved.json["state"]) == (2, False, "open")
    assert publish(house, slow).json["published"] == 3
    current = house.outside.rulebooks.current()
    assert (current.divisions["cars"].label, current.triggers["hello"].label) == ("Autos", "Fast")


def test_what_both_changed_is_a_conflict(house: Api) -> None:
    slow, fast = begin(house), begin(house)
    write(house, fast, HELLO + "label: Fast\n")
    publish(house, fast)
    write(house, slow, HELLO + "label: Slow\n")
    clash = step(house, slow, "POST /rebase", "marketer")
    assert clash.status == 409
    assert "triggers/hello.yaml" in clash.json["detail"]


def test_going_back_publishes_the_old_rules_anew(house: Api) -> None:
    draft_id = begin(house)
    write(house, draft_id, HELLO + "label: New\n")
    publish(house, draft_id)
    path, body = "/rulebook/versions/1/rollback", {"because": "too many letters"}
    assert house("POST", path, role="marketer", body=body).status == 403
    made = house("POST", path, role="approver", body=body)
    assert (made.status, made.json["version"]) == (201, 3)
    assert house.outside.rulebooks.current().triggers["hello"].label == ""
    text = house("GET", "/rulebook/versions/3/file", role="engineer", query={"path": "triggers/hello.yaml"})
    assert text.json["text"] == HELLO
    assert (
        house("GET", "/rulebook/versions/3/file", role="engineer", query={"path": "none.yaml"}).status == 404
    )
    files = house("GET", "/rulebook/versions/3/files", role="engineer").json["files"]
    assert [file["path"] for file in files] == sorted(FILES)
    assert house("GET", "/rulebook/versions/1/diff", role="engineer").status == 404
    same = house("GET", "/rulebook/versions/3/diff", role="engineer", query={"against": "1"}).json
    assert same["changes"] == []
    page = house("GET", "/rulebook/versions", role="engineer", query={"limit": "2"}).json
    older = house("GET", "/rulebook/versions", role="engineer", query={"cursor": page["next"]}).json
    assert [v["version"] for v in older["versions"]] == [1]


def test_a_drafted_audience_names_an_unknown_trigger(house: Api) -> None:
    draft_id = begin(house)
    path = f"/rulebook/drafts/{draft_id}/audience"
    assert house("POST", path, role="marketer", body={"trigger": "hello"}).json["sound"]
    wrong = house("POST", path, role="marketer", body={"trigger": "helo"})
    assert (wrong.status, "did you mean 'hello'" in wrong.json["detail"]) == (400, True)


@pytest.mark.parametrize("verb", ["segments", "rehearsal"])
def test_before_the_first_cycle_there_is_nothing_to_try_it_on(house: Api, verb: str) -> None:
    path = f"/rulebook/drafts/{begin(house)}/{verb}"
    answer = house("POST", path, role="marketer", body={})
    assert (answer.status, "no cycle has ended" in answer.json["detail"]) == (404, True)


def test_a_key_makes_one_draft_of_two_requests(house: Api) -> None:
    headers, body = {"Idempotency-Key": "k1"}, {"title": "Once"}
    one, two = (
        house("POST", "/rulebook/drafts", role="marketer", body=body, headers=headers) for _ in range(2)
    )
    assert (one.status, one.json) == (two.status, two.json)
    assert two.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in one.headers
    assert two.headers["etag"] == '"1"'
    assert len(house("GET", "/rulebook/drafts", role="marketer").json["drafts"]) == 1
    other = house("POST", "/rulebook/drafts", role="marketer", body={"title": "Other"}, headers=headers)
    assert other.status == 422
    theirs = house("POST", "/rulebook/drafts", role="engineer", body=body, headers=headers)
    assert theirs.json["draft_id"] != one.json["draft_id"], "a key belongs to its caller"
