"""What paper can show: the table of characters against Typst's fonts, and what happens to the rest."""

import json
import shutil
import unicodedata
from pathlib import Path

import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from courtesy.messages import glyphs
from courtesy.messages.blocks import Place
from courtesy.messages.compile import compile_messages
from courtesy.messages.glyphs import drawn, legible, undrawn
from courtesy.messages.lint_block import block_findings
from courtesy.messages.render import Renderer
from courtesy.messages.rules import DealerBlock
from courtesy.rulebook.check import check
from courtesy.rulebook.model import Rulebook
from tests.unit.messages.people import FOLDER, contact, person

COMPILER = typst.Compiler(ignore_system_fonts=True)
SOURCE = (
    b'#set text(font: "Libertinus Serif")\n'
    b'#for each in json(bytes(sys.inputs.d)) [#each #text(weight: "bold", each) #parbreak()]'
)


def typst_draws(characters: list[str]) -> bool:
    """PDF/A forbids characters without a picture, so Typst says where there is none."""
    pieces = ["e" + char if unicodedata.category(char)[0] == "M" else char for char in characters]
    try:
        COMPILER.compile(SOURCE, format="pdf", sys_inputs={"d": json.dumps(pieces)}, pdf_standards=["a-2b"])
    except typst.TypstError as error:
        if "could not be displayed" not in error.message:
            raise
        return False
    return True


def test_typst_draws_every_character_of_the_table() -> None:
    every = [
        chr(code)
        for first, last in zip(glyphs._FIRST, glyphs._LAST, strict=True)
        for code in range(first, last + 1)
    ]
    assert len(every) > 7000
    assert typst_draws(every)


@pytest.mark.parametrize("char", ["🙂", "王", "ש", "\u0378", "Ꜳ", "ก", "한", "ა", "✓", "₿"])
def test_what_typst_does_not_draw_is_not_in_the_table(char: str) -> None:
    assert drawn(char) == typst_draws([char])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Anna 🙂 Miller", "Anna Miller"),
        ("👨\u200d👩\u200d👧 Familie Groß", "Familie Groß"),
        ("I ❤\ufe0f cars 🇩🇪", "I ❤ cars"),
        ("王 Miller", ""),
        ("🙂", ""),
        ("Łukasz Çelik-O’Neill · №5", "Łukasz Çelik-O’Neill · №5"),
        ("Grön\u00adlund", "Grön\u00adlund"),
    ],
)
def test_symbols_go_and_mutilated_words_are_no_words(text: str, expected: str) -> None:
    assert legible(text) == expected


@given(st.text(max_size=60))
def test_what_is_legible_has_a_picture_for_each_character_and_stays_as_it_is(text: str) -> None:
    kept = legible(text)
    assert not list(undrawn(kept))
    assert legible(kept) == kept


def test_a_finding_names_line_place_and_character_once() -> None:
    found = list(undrawn("one\ntwo 🙂🙂\U000e0fff"))
    assert [(f.line, f.position, f.char) for f in found] == [(2, 5, "🙂"), (2, 7, "\U000e0fff")]
    assert "slightly smiling face" in str(found[0])
    assert "u+e0fff" in str(found[1])


@pytest.mark.parametrize(
    ("channel", "told"), [("postcard", 1), ("*", 2), ("email", 0)], ids=["paper", "every channel", "mail"]
)
def test_a_dealer_is_told_of_what_print_cannot_show(rulebook: Rulebook, channel: str, told: int) -> None:
    place = Place("service_due_cars", channel=channel)
    found = block_findings("Welcome!\nSee you 🙂", rulebook, next(iter(rulebook.dealers)), place)
    assert len(found) == told
    assert all("line 2, character 9: '🙂' (slightly smiling face)" in text for text in found[:1])
    assert all("postcard" in text for text in found[1:])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Fine day 🙂, {{ customer.given_name }}", ["Fine day , Anna"]), ("王 is here", [])],
)
def test_words_that_were_approved_before_are_printed_without_boxes(
    rulebook: Rulebook, text: str, expected: list[str]
) -> None:
    held = contact(rulebook, channel="postcard")
    block = DealerBlock(dealer="D001", language="en", text=text, approved_by="somebody")
    renderer = Renderer(rulebook, lambda _: [block])
    assert renderer.context(person(), held, now=held.due).dealer.words == expected
    mail = contact(rulebook, channel="email")
    assert len(renderer.context(person(), mail, now=mail.due).dealer.words) == 1


def test_a_customers_values_that_print_cannot_show_count_as_unknown(rulebook: Rulebook) -> None:
    someone = person(city="東京", company="Müller 🏎 KG")
    renderer = Renderer(rulebook)
    held = contact(rulebook, channel="postcard")
    printed = renderer.context(someone, held, now=held.due).customer
    assert (printed.city, printed.company) == ("", "Müller KG")
    mail = contact(rulebook, channel="email")
    assert renderer.context(someone, mail, now=mail.due).customer.city == "東京"


def test_templates_and_words_that_print_cannot_show_are_not_published(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    for part in ("messages", "triggers"):
        shutil.copytree(FOLDER / part, folder / part)
    for name in ("messages.yaml", "dealers.yaml"):
        shutil.copy(FOLDER / name, folder / name)
    path = folder / "messages" / "service_due_cars.yaml"
    source = path.read_text(encoding="utf-8")
    changed = source.replace('postcard_headline: "Time', 'postcard_headline: "🔧 Time', 1).replace(
        'preheader: "', 'preheader: "🙂'
    )
    path.write_text(changed, encoding="utf-8")
    words = folder / "messages.yaml"
    words.write_text(
        words.read_text(encoding="utf-8").replace("Dear Ms. {surname}", "Dear 🙂 {surname}"), encoding="utf-8"
    )
    with pytest.raises(Exception, match="messages cannot be published") as refused:
        compile_messages(folder)
    line = source.split("\n").index('  postcard_headline: "Time for a service"') + 1
    told = str(refused.value).split("\n")[1:]
    assert told == [
        f"service_due_cars.yaml: line {line}: postcard: character 1: '🔧' (wrench) is in none of our fonts "
        "and would be printed as an empty box",
        "messages.yaml: languages.en.greetings.female: character 6: '🙂' (slightly smiling face) is in none "
        "of our fonts and would be printed as an empty box",
    ]


def test_what_other_sections_print_is_looked_at_too(rulebook: Rulebook) -> None:
    offer = rulebook.triggers["service_due_cars"].offer
    marked = rulebook.offers[offer].model_copy(update={"label": {"en": "🎁 $50"}})
    dealer = rulebook.dealers["D001"].model_copy(update={"name": "名古屋"})
    changed = rulebook.model_copy(
        update={
            "offers": {**rulebook.offers, offer: marked},
            "dealers": {**rulebook.dealers, "D001": dealer},
        }
    )
    found = {problem.path: problem.severity for problem in check(changed)}
    assert found == {("offers", offer, "label", "en"): "error", ("dealers", "D001", "name"): "warning"}
    held = contact(changed, channel="postcard")
    assert Renderer(changed).printed(held.trigger, "postcard", Renderer(changed).context(person(), held, now=held.due)).dealer == {}  # fmt: skip
