"""What is said of a rulebook whose sections do not fit together, and of fields that their models refuse."""

from pathlib import Path
from typing import Any

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.rules import MessageRules
from courtesy.rulebook.check import check
from courtesy.rulebook.load import check_folder, load_rulebook
from courtesy.rulebook.problems import nearest
from courtesy.rulebook.schemas import documents, write_schemas
from courtesy.rulebook.versions import Change, make_rulebook

CARS: dict[str, Any] = {"cars": {"name": "cars", "label": "Cars"}}
TRIGGER = {"id": "hello", "division": "cars", "category": "news", "channels": ["email"]}
SOURCE = {
    "name": "crm", "record": "person", "format": {"kind": "csv"}, "key": ["id"], "fields": {"name": {"column": "n"}},
}  # fmt: skip


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ({"dealers": {"D1": {"id": "D2", "name": "Harbour", "divisions": ["cars"]}}}, "dealers.D1.id: 'D2' stands under the name 'D1'"),
        ({"dealers": {"D1": {"id": "D1", "name": "Harbour", "divisions": []}}}, "dealers.D1.divisions: a dealer belongs to at least one division"),
        ({"dealers": {"D1": {"id": "D1", "name": "Harbour", "divisions": ["corporate"]}}}, "dealers.D1.divisions.0: unknown division 'corporate'"),
        ({"divisions": CARS | {"corporate": {"name": "corporate", "label": "All"}}}, "divisions.corporate: is the view across all divisions"),
        ({"sources": {"crm": SOURCE | {"customer_key": "c", "refers_to": "crn"}}}, "unknown source 'crn'; did you mean 'crm'?"),
        ({"sources": {"crm": SOURCE | {"division": "carz"}}}, "sources.crm.division: unknown division 'carz'; did you mean 'cars'?"),
        ({"triggers": {"hello": TRIGGER | {"channels": ["email", "letter", "email"]}}}, "triggers.hello.channels: names a channel twice"),
        ({"triggers": {"hello": TRIGGER | {"channels": []}}}, "trigger 'hello' names no channel"),
        ({"triggers": {"hello": TRIGGER | {"kind": "event"}}}, "trigger 'hello' of kind 'event' lacks listens_to"),
        ({"triggers": {"hello": TRIGGER | {"kind": "date"}}}, "lacks date_attribute"),
        ({"triggers": {"hello": TRIGGER | {"kind": "follow_up"}}}, "lacks follows"),
        ({"triggers": {"hello": TRIGGER | {"channels": ["emial"]}}}, "triggers.hello.channels.0: 'emial' is none of email"),
        ({"triggers": {"hello": TRIGGER | {"chanels": []}}}, "unknown field 'chanels'; did you mean 'channels'?"),
        ({"triggers": {"hello": {"id": "hello"}}}, "triggers.hello.division: is required and missing"),
        ({"triggers": {"hello": TRIGGER | {"control_share": 2}}}, "less than or equal to 1 (found 2)"),
        ({"sources": {"crm": SOURCE | {"format": {"kind": "csv", "sep": ";"}}}}, "sources.crm.format.sep: unknown field 'sep'"),
        ({"sources": {"crm": SOURCE | {"fields": {"name": {"column": "n", "unti": "minor"}}}}}, "unknown field 'unti'; did you mean 'unit'?"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named_with_its_place_and_the_nearest_right_word(
    sections: dict[str, Any], said: str
) -> None:
    with pytest.raises(RefusedRule) as caught:
        make_rulebook({"divisions": CARS} | sections)
    assert said in str(caught.value)


def test_a_section_that_fits_is_a_rulebook_of_its_version() -> None:
    rulebook = make_rulebook(
        {"divisions": CARS, "sources": {"crm": SOURCE | {"division": "corporate"}}}, version=7
    )
    assert (rulebook.version, rulebook.sources["crm"].division) == (7, "corporate")


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ({"key": ["id", "mail"], "fields": {"email": {"column": "mail"}}}, ["sources.crm.key: column 'mail' is the person's email"]),
        ({"key": "row", "customer_key": "mail", "fields": {"email": {"column": "mail"}}}, ["sources.crm.customer_key: column 'mail'"]),
        ({"key": ["card"], "fields": {"loyalty_no": {"column": "card"}, "email": {"column": "mail"}}}, []),
        ({"record": "case", "division": "cars", "key": ["tel"], "fields": {"type": {"column": "t"}}, "person": {"phone": {"column": "tel"}}}, ["the person's phone"]),
    ],
)  # fmt: skip
def test_a_key_that_says_who_somebody_is_is_a_warning_with_a_remedy(
    source: dict[str, Any], said: list[str]
) -> None:
    rulebook = make_rulebook({"divisions": CARS, "sources": {"crm": SOURCE | source}})
    found = check(rulebook)
    assert [problem.severity for problem in found] == ["warning"] * len(said)
    assert all(words in str(one) and "keyed hash" in str(one) for words, one in zip(said, found, strict=True))


def test_the_nearest_name_else_the_known_ones() -> None:
    assert nearest("chanels", ["channels", "category"]) == "; did you mean 'channels'?"
    assert nearest("xyz", ["b", "a"]) == "; known are: a, b"
    assert nearest("xyz", []) == "; none are declared"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("divisions.yaml", b"cars: {label: C\xe4rs}\n", "divisions.yaml:1: divisions: is not UTF-8 at byte 15"),
        ("divisions.yaml", b"cars: {label: Cars\n", "divisions: is no YAML"),
        ("divisions.yaml", b"cars: {label: !!timestamp 2026-01-01}\n", "has a value that YAML cannot read as tag:yaml.org,2002:timestamp"),
        ("divisions.yaml", b"cars: {label: Cars, currency: EUR, currency: USD}\n", "divisions.cars.currency: is given twice"),
        ("divisons.yaml", b"", "unknown section 'divisons'; did you mean 'divisions'?"),
        ("divisons/cars.yaml", b"", "unknown section 'divisons'; did you mean 'divisions'?"),
        ("triggers/hello.yaml", b"division: cars\ncategory: news\nchannels: [email]\nweight: .inf\n", "triggers/hello.yaml:4: triggers.hello.weight"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_taken_says_file_line_and_why(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / "divisions.yaml").write_text("cars: {label: Cars}\n", encoding="utf-8")
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    assert said in "\n".join(text for _, text in check_folder(tmp_path))


def test_the_plain_values_of_yaml(tmp_path: Path) -> None:
    (tmp_path / "divisions.yaml").write_text("cars: {label: Cars}\n", encoding="utf-8")
    (tmp_path / "triggers").mkdir()
    (tmp_path / "triggers" / "hello.yaml").write_text(
        "division: cars\ncategory: marketing\nchannels: [email]\nweight: 1.5e0\nactive: false\ndaily_budget: null\nvalue: -3\n",
        encoding="utf-8",
    )
    hello = load_rulebook(tmp_path).triggers["hello"]
    assert (hello.weight, hello.active, hello.daily_budget, hello.value) == (1.5, False, None, -3)


def test_an_entry_in_two_places_is_told(tmp_path: Path) -> None:
    (tmp_path / "divisions.yaml").write_text("cars: {label: Cars}\n", encoding="utf-8")
    (tmp_path / "triggers.yaml").write_text(
        "hello: {division: cars, category: news, channels: [email]}\n", encoding="utf-8"
    )
    (tmp_path / "triggers").mkdir()
    (tmp_path / "triggers" / "hello.yaml").write_text(
        "division: cars\ncategory: news\nchannels: [letter]\n", encoding="utf-8"
    )
    assert any("also in triggers.yaml; keep one" in text for _, text in check_folder(tmp_path))


def test_the_schemas_are_written_anew(tmp_path: Path) -> None:
    write_schemas(tmp_path / "new" / "schemas")
    written = {
        path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new" / "schemas").iterdir()
    }
    assert written == documents()


def test_what_is_wrong_with_messages_is_said_among_the_rest(tmp_path: Path) -> None:
    (tmp_path / "divisions.yaml").write_text("cars: {label: Cars}\n", encoding="utf-8")
    (tmp_path / "messages").mkdir()

    def compile_messages(folder: Path) -> MessageRules:
        raise RefusedRule(f"{folder.name} holds no frame")

    with pytest.raises(RefusedRule, match=r"messages: .* holds no frame"):
        load_rulebook(tmp_path, compile_messages)


def test_a_change_is_one_line() -> None:
    path = ("triggers", "hello", "weight")
    assert [
        str(Change(path, *rest)) for rest in (("added", None, 2), ("removed", 1, None), ("changed", 1, 2))
    ] == [
        "+ triggers.hello.weight: 2",
        "- triggers.hello.weight: 1",
        "~ triggers.hello.weight: 1 -> 2",
    ]
