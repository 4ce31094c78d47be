"""A draft's files checked with positions, made a rulebook, published and rolled back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from courtesy.errors import Conflict, RefusedRule, Stale
from courtesy.messages.compile import compile_messages
from courtesy.rulebook import drafts
from courtesy.rulebook.desk import check_files, publish_draft, roll_back, rulebook_of
from courtesy.rulebook.drafts import Draft
from courtesy.rulebook.files import read_files
from courtesy.rulebook.load import load_rulebook
from tests.fakes import InMemoryRulebookStore
from tests.fakes.drafts import InMemoryDraftStore

SHIPPED = Path(__file__).parents[3] / "rulebook"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
PLAIN = {
    "divisions.yaml": "cars: {label: Cars}\n",
    "triggers/hello.yaml": "division: cars\ncategory: marketing\nchannels: [email]\ncriteria: open_cases = 0\n",
}


def no_messages(_: Path) -> object:
    raise AssertionError("there is no folder of messages")


def test_the_shipped_files_have_nothing_wrong() -> None:
    found = check_files(read_files(SHIPPED), compile_messages)
    assert [each for each in found if each.severity == "error"] == []


def test_a_misspelt_field_is_told_with_file_and_line() -> None:
    wrong = PLAIN | {"triggers/hello.yaml": PLAIN["triggers/hello.yaml"] + "lable: x\n"}
    (found,) = check_files(wrong, None)
    assert (found.file, found.line, found.path) == ("triggers/hello.yaml", 5, "triggers.hello.lable")
    assert "did you mean 'label'" in found.text


def test_a_wrong_criterion_is_told_with_its_position() -> None:
    text = PLAIN["triggers/hello.yaml"].replace("open_cases = 0", "has_email and opn_cases = 0")
    (found,) = check_files(PLAIN | {"triggers/hello.yaml": text}, None)
    assert (found.file, found.line, found.position) == ("triggers/hello.yaml", 4, len("has_email and "))
    assert "open_cases" in found.text


def test_what_is_doubtful_comes_after_what_is_wrong_and_has_no_position() -> None:
    text = PLAIN["triggers/hello.yaml"].replace("open_cases = 0", "open_cases = 0 and open_cases = 1")
    (found,) = check_files(PLAIN | {"triggers/hello.yaml": text}, None)
    assert (found.severity, found.position) == ("warning", -1)


def test_a_wrong_date_attribute_is_found_where_entries_share_a_file() -> None:
    files = {
        "divisions.yaml": "cars: {label: Cars}\n",
        "triggers.yaml": "hello:\n  division: cars\n  category: marketing\n  kind: date\n"
        "  date_attribute: birthdy\n  channels: [email]\n",
    }
    (found,) = check_files(files, None)
    assert (found.file, found.line) == ("triggers.yaml", 5)


def approved(files: dict[str, str] | None = None) -> Draft:
    draft = drafts.open_draft("d1", "t", 1, PLAIN | (files or {}), "mia", AT)
    return drafts.approve(drafts.submit(draft, "", "mia", AT), "", "tom", AT)


def stores(draft: Draft) -> tuple[InMemoryRulebookStore, InMemoryDraftStore]:
    held = InMemoryDraftStore()
    held._drafts[draft.draft_id] = draft
    return InMemoryRulebookStore(rulebook_of(PLAIN)), held


def test_publishing_makes_the_next_version_and_settles_the_draft() -> None:
    draft = approved({"triggers/bye.yaml": PLAIN["triggers/hello.yaml"]})
    rulebooks, held = stores(draft)
    done = publish_draft(rulebooks, held, draft, no_messages, "tom", AT)  # type: ignore[arg-type]
    assert (done.state, done.published) == ("published", 2)
    assert held.read("d1") == done
    assert set(rulebooks.current().triggers) == {"hello", "bye"}
    assert rulebooks.files(2) == draft.files
    with pytest.raises(Conflict, match="published"):
        publish_draft(rulebooks, held, done, no_messages, "tom", AT)  # type: ignore[arg-type]


def test_a_draft_that_was_changed_meanwhile_is_not_published() -> None:
    draft = approved()
    rulebooks, held = stores(drafts.edit(draft, "divisions.yaml", PLAIN["divisions.yaml"], "mia", AT))
    with pytest.raises(Stale):
        publish_draft(rulebooks, held, draft, no_messages, "tom", AT)  # type: ignore[arg-type]
    assert rulebooks.current().version == 1


def test_a_criterion_that_is_wrong_is_not_published() -> None:
    wrong = PLAIN["triggers/hello.yaml"].replace("open_cases", "opn_cases")
    draft = approved({"triggers/hello.yaml": wrong})
    rulebooks, held = stores(draft)
    with pytest.raises(RefusedRule, match="open_cases"):
        publish_draft(rulebooks, held, draft, no_messages, "tom", AT)  # type: ignore[arg-type]


def test_rolling_back_publishes_the_old_rules_and_files_anew() -> None:
    draft = approved({"triggers/bye.yaml": PLAIN["triggers/hello.yaml"]})
    rulebooks, held = stores(draft)
    publish_draft(rulebooks, held, draft, no_messages, "tom", AT)  # type: ignore[arg-type]
    again = roll_back(rulebooks, 1, "tom", AT)
    assert (again.version, set(again.triggers)) == (3, {"hello"})
    assert "triggers/hello.yaml" in rulebooks.files(3)


def test_the_shipped_files_make_the_shipped_rulebook() -> None:
    files = read_files(SHIPPED)
    assert rulebook_of(files, compile_messages) == load_rulebook(SHIPPED, compile_messages)
