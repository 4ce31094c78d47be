"""Reading a rulebook's folder, and what it says of mistakes."""

from pathlib import Path

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.compile import compile_messages
from courtesy.messages.rules import MessageRules
from courtesy.rulebook.load import check_folder, load_rulebook

SHIPPED = Path(__file__).parents[3] / "rulebook"

TRIGGER = """\
# Greets new customers.
label: Welcome
division: cars
category: relationship
channels: [email]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "divisions.yaml", "cars: {label: Cars}\nmarine: {label: Marine}\n")
    return tmp_path


def write(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def complaints(folder: Path) -> list[str]:
    return [text for problem, text in check_folder(folder) if problem.severity == "error"]


def test_the_shipped_rulebook_holds_together() -> None:
    rulebook = load_rulebook(SHIPPED, compile_messages)
    assert set(rulebook.divisions) == {"cars", "motorcycles", "marine", "finance"}
    assert {"dealer_sales", "crm_persons"} <= set(rulebook.sources)
    assert len(rulebook.triggers) >= 15


def test_an_entry_s_name_is_its_key_or_its_file_s_name(folder: Path) -> None:
    write(folder, "dealers.yaml", "D1: {name: Harbour, divisions: [cars]}\n")
    rulebook = load_rulebook(folder)
    assert rulebook.divisions["cars"].name == "cars"
    assert rulebook.dealers["D1"].id == "D1"


def test_yaml_has_the_values_of_json(folder: Path) -> None:
    """`on`, `no` and `12:30` are words; numbers and `true` are not."""
    write(
        folder,
        "divisions.yaml",
        "cars: {label: no, sender_name: 12:30, postal_address: on}\nmarine: {label: '1'}\n",
    )
    cars = load_rulebook(folder).divisions["cars"]
    assert (cars.label, cars.sender_name, cars.postal_address) == ("no", "12:30", "on")


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        (
            "divisions.yaml",
            "cars:\n  label: Cars\n  curency: EUR\n",
            "divisions.yaml:3: divisions.cars.curency: unknown field 'curency'; did you mean 'currency'?",
        ),
        (
            "divisions.yaml",
            "cars:\n  currency: EUR\n",
            "divisions.yaml:1: divisions.cars.label: is required and missing",
        ),
        (
            "dealers.yaml",
            "D1:\n  name: Harbour\n  divisions:\n    - cars\n    - marin\n",
            "dealers.yaml:5: dealers.D1.divisions.1: unknown division 'marin'; did you mean 'marine'?",
        ),
        (
            "dealers.yaml",
            "D1: {name: Harbour, divisions: cars}\n",
            "dealers.yaml:1: dealers.D1.divisions: input should be a valid list (found 'cars')",
        ),
        (
            "dealers.yaml",
            "D1: {id: D2, name: Harbour, divisions: [cars]}\n",
            "dealers.yaml:1: dealers.D1.id: 'D2' stands under the name 'D1'; make both the same",
        ),
        ("dealer.yaml", "", "dealer.yaml:1: dealer: unknown section 'dealer'; did you mean 'dealers'?"),
        ("trigger/x.yaml", "", "trigger:1: trigger: unknown section 'trigger'; did you mean 'triggers'?"),
        (
            "divisions.yaml",
            "cars: {label: Cars}\nmarine: {label: M}\ncars: {label: Again}\n",
            "divisions.yaml:3: divisions.cars: is given twice in the same place; keep one",
        ),
        (
            "triggers/welcome.yaml",
            TRIGGER.replace("[email]", "\n  - email\n  - e-mail"),
            "triggers/welcome.yaml:7: triggers.welcome.channels.1: 'e-mail' is none of "
            "email, letter, postcard, sms, next_contact; did you mean 'email'?",
        ),
        (
            "triggers/welcome.yaml",
            TRIGGER.replace("cars", "boats"),
            "triggers/welcome.yaml:3: triggers.welcome.division: unknown division 'boats'; "
            "known are: cars, corporate, marine",
        ),
        ("triggers/welcome.yaml", "label: [", "triggers/welcome.yaml:2: triggers.welcome: is no YAML: "),
    ],
)
def test_a_mistake_is_named_with_file_line_field_and_the_nearest_name(
    folder: Path, name: str, text: str, complaint: str
) -> None:
    write(folder, name, text)
    found = complaints(folder)
    assert any(line.startswith(complaint) for line in found), found
    with pytest.raises(RefusedRule) as caught:
        load_rulebook(folder)
    assert complaint in str(caught.value)


def test_all_mistakes_are_told_at_once(folder: Path) -> None:
    write(folder, "dealers.yaml", "D1: {name: A, divisions: [car]}\nD2: {name: B, divisions: [marin]}\n")
    assert len(complaints(folder)) == 2


def test_a_trigger_is_declared_once(folder: Path) -> None:
    write(folder, "triggers/welcome.yaml", TRIGGER)
    write(folder, "triggers.yaml", "welcome: {}\n")
    assert any("is declared twice, also in triggers.yaml" in text for text in complaints(folder))


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(RefusedRule, match="no such folder"):
        load_rulebook(tmp_path / "none")


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("triggers/broken.yaml", b"a: [1,\n", "triggers/broken.yaml:.*no YAML"),
        ("triggers/bytes.yaml", b"\xff\xfe", "not UTF-8"),
        ("triggers/empty.yaml", b"", "triggers.empty"),
        ("triggers/list.yaml", b"- 1\n", "triggers.list"),
        ("decisions.yaml", b"- 1\n", "decisions"),
    ],
)
def test_a_file_that_is_none_is_told_before_messages_are_compiled(
    folder: Path, file: str, content: bytes, told: str
) -> None:
    def compiled(_: Path) -> MessageRules:
        raise AssertionError("messages need triggers that hold together")

    (folder / "messages").mkdir(exist_ok=True)
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(content)
    with pytest.raises(RefusedRule, match=told):
        load_rulebook(folder, compiled)


def test_aliases_that_multiply_are_refused_before_they_are_written_out(folder: Path) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (folder / "triggers" / "bomb.yaml").parent.mkdir(exist_ok=True)
    (folder / "triggers" / "bomb.yaml").write_text("\n".join(lines))
    with pytest.raises(RefusedRule, match="aliases make more than"):
        load_rulebook(folder)
