"""A draft from the first edit to its publication: who may do what when, and what becomes of changes on both sides."""

from datetime import UTC, datetime, timedelta

import pytest

from courtesy.errors import Conflict, NotAllowed, RefusedRule
from courtesy.rulebook import drafts
from courtesy.rulebook.drafts import Draft, FileChange

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
BASE = {"divisions.yaml": "cars: {label: Cars}\n", "triggers/hello.yaml": "label: Hello\n"}


def fresh() -> Draft:
    return drafts.open_draft("d1", "Louder", 3, BASE, "mia", AT)


def submitted() -> Draft:
    edited = drafts.edit(fresh(), "triggers/hello.yaml", "label: HELLO\n", "mia", AT)
    return drafts.submit(edited, "please", "mia", AT)


def test_a_draft_goes_from_edit_to_publication_by_another() -> None:
    approved = drafts.approve(submitted(), "fine", "tom", LATER)
    drafts.publishable(approved, 3, "tom")
    done = drafts.published(approved, 4, "tom", LATER)
    assert (done.state, done.published, done.submitted_by, done.approved_by) == ("published", 4, "mia", "tom")
    assert (done.revision, done.changed_by, done.changed_at) == (5, "tom", LATER)


@pytest.mark.parametrize("by", ["mia", "ann"])
def test_whoever_wrote_it_does_not_approve_it(by: str) -> None:
    edited = drafts.edit(fresh(), "divisions.yaml", "cars: {}\n", "ann", AT)
    asked = drafts.submit(edited, "", "mia", AT)
    with pytest.raises(NotAllowed, match="another"):
        drafts.approve(asked, "", by, LATER)
    with pytest.raises(NotAllowed):
        drafts.publishable(drafts.approve(asked, "", "tom", LATER), 3, by)


def test_an_edit_takes_submission_and_approval_back() -> None:
    approved = drafts.approve(submitted(), "", "tom", LATER)
    changed = drafts.edit(approved, "triggers/new.yaml", "label: New\n", "tom", LATER)
    assert (changed.state, changed.submitted_by, changed.approved_by) == ("open", "", "")
    assert changed.authors == ["mia", "tom"], "tom has a hand in it now, so tom approves it no more"
    with pytest.raises(NotAllowed):
        drafts.approve(drafts.submit(changed, "", "mia", LATER), "", "tom", LATER)


def test_a_refusal_opens_it_again_and_says_why() -> None:
    refused = drafts.reject(submitted(), "too loud", "tom", LATER)
    assert (refused.state, refused.remark, refused.submitted_by) == ("open", "too loud", "")


@pytest.mark.parametrize("state", ["published", "withdrawn"])
def test_what_has_ended_is_not_changed(state: str) -> None:
    ended = (
        drafts.withdraw(fresh(), "mia", AT)
        if state == "withdrawn"
        else drafts.published(drafts.approve(submitted(), "", "tom", AT), 4, "tom", AT)
    )
    assert ended.state == state
    for step in (
        lambda: drafts.edit(ended, "divisions.yaml", "", "mia", AT),
        lambda: drafts.submit(ended, "", "mia", AT),
        lambda: drafts.approve(ended, "", "tom", AT),
        lambda: drafts.withdraw(ended, "mia", AT),
        lambda: drafts.reject(ended, "", "tom", AT),
        lambda: drafts.publishable(ended, 3, "tom"),
    ):
        with pytest.raises(Conflict, match=state):
            step()


def test_only_approved_drafts_of_the_version_in_force_are_published() -> None:
    with pytest.raises(Conflict, match="submitted"):
        drafts.publishable(submitted(), 3, "tom")
    with pytest.raises(Conflict, match="version 4 is in force"):
        drafts.publishable(drafts.approve(submitted(), "", "tom", AT), 4, "tom")


@pytest.mark.parametrize(
    "path", ["../secret.yaml", "Divisions.yaml", "x", "triggers/a/b/c.yaml", "nothing/a.yaml"]
)
def test_only_a_rulebooks_files_are_taken(path: str) -> None:
    with pytest.raises(RefusedRule):
        drafts.edit(fresh(), path, "", "mia", AT)


def test_a_file_has_a_largest_size_and_must_be_there_to_be_removed() -> None:
    with pytest.raises(RefusedRule, match="200000"):
        drafts.edit(fresh(), "divisions.yaml", "x" * 200_001, "mia", AT)
    with pytest.raises(RefusedRule, match="no such file"):
        drafts.remove(fresh(), "triggers/never.yaml", "mia", AT)


def test_changes_are_told_by_file() -> None:
    draft = drafts.edit(fresh(), "triggers/new.yaml", "label: New\n", "mia", AT)
    draft = drafts.edit(draft, "divisions.yaml", "boats: {}\n", "mia", AT)
    draft = drafts.remove(draft, "triggers/hello.yaml", "mia", AT)
    assert drafts.changes(BASE, draft.files) == [
        FileChange("divisions.yaml", "changed"),
        FileChange("triggers/hello.yaml", "removed"),
        FileChange("triggers/new.yaml", "added"),
    ]


def test_a_stale_draft_takes_up_what_others_published() -> None:
    theirs = {"divisions.yaml": "cars: {label: Autos}\n", "triggers/hello.yaml": BASE["triggers/hello.yaml"]}
    draft = drafts.edit(fresh(), "triggers/new.yaml", "label: New\n", "mia", AT)
    draft = drafts.remove(draft, "triggers/hello.yaml", "mia", AT)
    moved = drafts.rebase(draft, BASE, 4, theirs, "mia", LATER)
    assert moved.base == 4
    assert moved.files == {"divisions.yaml": "cars: {label: Autos}\n", "triggers/new.yaml": "label: New\n"}


def test_what_both_changed_is_for_a_person_to_decide() -> None:
    draft = drafts.edit(fresh(), "divisions.yaml", "cars: {label: Wagen}\n", "mia", AT)
    with pytest.raises(Conflict, match=r"divisions\.yaml"):
        drafts.rebase(draft, BASE, 4, {**BASE, "divisions.yaml": "cars: {label: Autos}\n"}, "mia", LATER)
    same = {**BASE, "divisions.yaml": "cars: {label: Wagen}\n"}
    assert drafts.rebase(draft, BASE, 4, same, "mia", LATER).files == same, "both say the same"
