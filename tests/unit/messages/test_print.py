"""Letters and postcards as the vendor gets them: size, pages, fonts, window, safe zone, free area, hostile text."""

import io
from collections.abc import Iterable
from typing import Any

import pdfplumber
import pypdfium2
import pytest
from pdfminer.pdftypes import resolve1

from courtesy.errors import RefusedRule
from courtesy.messages.postal import PostalAddress, postal_address
from courtesy.messages.render import Renderer
from courtesy.messages.rules import Area, PrintProduct
from courtesy.messages.typeset import Typesetter
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import Profile
from tests.unit.messages.people import HOSTILE, NOW, contact, person

POINTS = 72


def product_of(rulebook: Rulebook, channel: str) -> PrintProduct:
    return rulebook.messages.vendors["harbor_print"].products[channel]  # type: ignore[index]


def made(
    renderer: Renderer, typesetter: Typesetter, trigger: str, channel: str, profile: Profile, offer: str = ""
) -> bytes:
    rulebook = renderer.rulebook
    to = postal_address(profile, rulebook.messages.vendors["harbor_print"])
    assert isinstance(to, PostalAddress), to
    text = renderer.printed(
        trigger, channel, renderer.context(profile, contact(rulebook, trigger, channel, offer=offer), now=NOW)
    )
    return typesetter.pdf(product_of(rulebook, channel), text, to.lines())


def printed_triggers(rulebook: Rulebook) -> Iterable[tuple[str, str]]:
    for trigger in rulebook.triggers.values():
        for channel in trigger.channels:
            if channel in ("letter", "postcard"):
                yield trigger.id, channel


def inches(char: dict[str, Any], product: PrintProduct) -> Area:
    """Where a character stands, from the trimmed piece's upper left corner."""
    return Area(
        left=char["x0"] / POINTS - product.bleed,
        top=char["top"] / POINTS - product.bleed,
        width=(char["x1"] - char["x0"]) / POINTS,
        height=(char["bottom"] - char["top"]) / POINTS,
    )


def inside(one: Area, other: Area, slack: float = 0.0) -> bool:
    return (
        one.left >= other.left - slack
        and one.top >= other.top - slack
        and one.left + one.width <= other.left + other.width + slack
        and one.top + one.height <= other.top + other.height + slack
    )


def meets(one: Area, other: Area) -> bool:
    return (
        one.left < other.left + other.width
        and one.left + one.width > other.left
        and one.top < other.top + other.height
        and one.top + one.height > other.top
    )


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_shipped_piece_fits_its_product(
    rulebook: Rulebook, renderer: Renderer, typesetter: Typesetter, language: str
) -> None:
    for trigger, channel in printed_triggers(rulebook):
        product = product_of(rulebook, channel)
        pdf = made(renderer, typesetter, trigger, channel, person(language=language), offer="return_bonus")
        with pdfplumber.open(io.BytesIO(pdf)) as document:
            if product.sides:
                assert len(document.pages) == product.sides
            assert 1 <= len(document.pages) <= product.pages_max
            safe = Area(
                left=product.safe,
                top=product.safe,
                width=product.width - 2 * product.safe,
                height=product.height - 2 * product.safe,
            )
            for page in document.pages:
                assert float(page.width) == pytest.approx(
                    (product.width + 2 * product.bleed) * POINTS, abs=0.5
                )
                assert float(page.height) == pytest.approx(
                    (product.height + 2 * product.bleed) * POINTS, abs=0.5
                )
                for char in page.chars:
                    if char["text"].strip():
                        assert inside(inches(char, product), safe), (trigger, char["text"])
            if product.free:
                for char in document.pages[-1].chars:
                    assert not meets(inches(char, product), product.free), (trigger, char["text"])


def test_all_fonts_are_embedded(rulebook: Rulebook, renderer: Renderer, typesetter: Typesetter) -> None:
    for trigger, channel in (("lease_end_offer", "letter"), ("service_due_cars", "postcard")):
        pdf = made(renderer, typesetter, trigger, channel, person())
        with pdfplumber.open(io.BytesIO(pdf)) as document:
            for page in document.pages:
                fonts: Any = page.page_obj.resources["Font"]
                assert fonts
                for font in fonts.values():
                    for below in resolve1(font.resolve()["DescendantFonts"]):
                        descriptor = resolve1(resolve1(below)["FontDescriptor"])
                        assert {"FontFile2", "FontFile3"} & set(descriptor)


def test_a_postcards_picture_reaches_into_the_bleed(renderer: Renderer, typesetter: Typesetter) -> None:
    pdf = made(renderer, typesetter, "service_due_cars", "postcard", person())
    document = pypdfium2.PdfDocument(pdf)
    picture = document[0].render(scale=1).to_pil().convert("RGB")
    document.close()
    wide, high = picture.size
    for corner in ((0, 0), (wide - 1, 0), (0, high - 1), (wide - 1, high - 1)):
        assert picture.getpixel(corner) != (255, 255, 255)


def test_the_address_stands_in_the_window_and_alone(
    rulebook: Rulebook, renderer: Renderer, typesetter: Typesetter
) -> None:
    product = product_of(rulebook, "letter")
    assert product.window is not None
    profile = person(
        given_name="", surname="", name="Wolfeschlegelsteinhausenbergerdorff W.", company="Meridian Fleet Services",
        address1="w" * 40, address2="Suite 1200", country="DE", city="München", postcode="80331", state="",
    )  # fmt: skip
    pdf = made(renderer, typesetter, "lease_end_offer", "letter", profile)
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        page = document.pages[0]
        within = [c for c in page.chars if meets(inches(c, product), product.window)]
        assert all(inside(inches(c, product), product.window, slack=0.01) for c in within)
        text = "".join(c["text"] for c in within)
        assert text.replace(" ", "") == (
            "WolfeschlegelsteinhausenbergerdorffW.MeridianFleetServices"
            + "w" * 40
            + "Suite120080331MünchenGERMANY"
        )


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_printed_as_text(renderer: Renderer, typesetter: Typesetter, text: str) -> None:
    profile = person(given_name=text, name="Anna Miller", city="Boston", gender="other")
    pdf = made(renderer, typesetter, "lease_end_offer", "letter", profile)
    with pdfplumber.open(io.BytesIO(pdf)) as document:
        assert len(document.pages) <= 2
        written = "".join(page.extract_text() for page in document.pages)
    if text.isascii() and len(text) < 60 and text.isprintable():
        assert text.replace(" ", "")[:12] in written.replace(" ", "").replace("\n", "")


def test_equal_data_give_equal_bytes(rulebook: Rulebook, renderer: Renderer, typesetter: Typesetter) -> None:
    once = made(renderer, typesetter, "lease_end_offer", "letter", person())
    other = Typesetter(rulebook.messages.print_frames)
    assert made(renderer, other, "lease_end_offer", "letter", person()) == once
    assert made(renderer, typesetter, "lease_end_offer", "letter", person(surname="Else")) != once


def test_a_text_that_does_not_fit_the_postcard_is_refused_without_quoting_it(
    rulebook: Rulebook, renderer: Renderer, typesetter: Typesetter
) -> None:
    from dataclasses import replace

    context = renderer.context(person(), contact(rulebook, channel="postcard"), now=NOW)
    text = renderer.printed("service_due_cars", "postcard", context)
    with pytest.raises(RefusedRule) as refused:
        typesetter.pdf(product_of(rulebook, "postcard"), replace(text, body=["secret words " * 200]), [])
    assert "does not fit" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_missing_frame_is_named(rulebook: Rulebook, renderer: Renderer) -> None:
    context = renderer.context(person(), contact(rulebook, channel="postcard"), now=NOW)
    text = renderer.printed("service_due_cars", "postcard", context)
    with pytest.raises(RefusedRule, match="no print frame 'postcard'"):
        Typesetter({}).pdf(product_of(rulebook, "postcard"), text, [])


@pytest.mark.parametrize(("name", "greeting"), [("美咲", "Hello,"), ("שרה", "Dear שרה Miller,"), ("Anna 🙂", "Dear Anna Miller,"), ("Anna 美", "Hello,"), ("Ægidius", "Dear Ægidius Miller,"), ("Ελένη", "Dear Ελένη Miller,")])  # fmt: skip
def test_a_name_in_letters_that_the_font_has_not_is_left_out_of_the_greeting(
    renderer: Renderer, name: str, greeting: str
) -> None:
    """Where the address is in Latin letters and the name is not: no greeting with empty boxes."""
    held = contact(renderer.rulebook, channel="postcard")
    someone = person(given_name=name, gender="", name="Anna Miller")
    assert (
        renderer.printed(held.trigger, "postcard", renderer.context(someone, held, now=held.due)).greeting
        == greeting
    )
