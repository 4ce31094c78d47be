"""Dealers' logos and signatures: checked at publication, in the mail as parts of it, in print as drawings."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.compile import compile_messages
from courtesy.messages.pictures import missing_pictures, picture_of
from courtesy.messages.preview import Preview
from courtesy.messages.render import Renderer
from courtesy.messages.send import compose
from courtesy.rulebook.files import check_path, read_files
from courtesy_aws import mailer
from tests.unit.messages.people import FOLDER, contact, person
from tests.unit.messages.test_send import World

HEAD = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 80">'
GOOD = f'{HEAD}<title>x</title><rect width="160" height="80" fill="#0b2a3a"/></svg>'
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"


def png(width: int, height: int) -> str:
    content = PNG + width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return f'<image href="data:image/png;base64,{b64encode(content).decode()}"/>'


def test_a_drawing_becomes_a_png_of_the_same_shape() -> None:
    made = picture_of("x", GOOD)
    assert (made.svg, made.width, made.height) == (GOOD, 80, 40)
    assert picture_of("x", GOOD) == made


@pytest.mark.parametrize(
    ("svg", "told"),
    [
        ("<svg", "is no XML"),
        ("<html/>", "begins with no <svg"),
        (HEAD.replace("viewBox", "box") + "</svg>", "no viewBox"),
        (HEAD.replace("160 80", "1600 80") + "</svg>", "wider than eight times"),
        (f'<!DOCTYPE svg [<!ENTITY a "b">]>{GOOD}', "document type"),
        (GOOD.replace("</svg>", "<script>alert(1)</script></svg>"), "<script> is not taken"),
        (GOOD.replace("</svg>", "<text>Meridian</text></svg>"), "letters drawn as paths"),
        (GOOD.replace("</svg>", "<foreignObject/></svg>"), "<foreignObject> is not taken"),
        (GOOD.replace("<rect", '<rect onload="x()"'), "reaches outside"),
        (GOOD.replace("#0b2a3a", "url(https://example.com/a)"), "reaches outside"),
        (GOOD.replace("</svg>", '<image href="https://example.com/a.png"/></svg>'), "data:image/png"),
        (GOOD.replace("</svg>", '<image href="data:image/png;base64,@@"/></svg>'), "data:image/png"),
        (GOOD.replace("</svg>", f"{png(4000, 10)}</svg>"), "more than 1600 pixels"),
        (
            GOOD.replace("<rect", '<linearGradient id="a" href="https://example.com/a"/><rect'),
            "outside the drawing",
        ),
        (GOOD + " " * 60_000, "60,"),
    ],
)
def test_what_is_no_plain_drawing_is_refused(svg: str, told: str) -> None:
    with pytest.raises(RefusedRule, match=told) as caught:
        picture_of("logo", svg)
    assert str(caught.value).startswith("images/logo.svg: ")


def test_a_drawing_that_is_too_heavy_for_a_mail_is_refused() -> None:
    noise = "".join(
        f'<rect x="{n % 60 * 10}" y="{n // 60 * 4}" width="10" height="4" fill="#{n * 2654435761 % 2**24:06x}"/>'
        f'<circle cx="{n % 60 * 10}" cy="{n // 60 * 4}" r="2"/>'
        for n in range(590)
    )
    with pytest.raises(RefusedRule, match="draw it more simply"):
        picture_of("logo", f"{HEAD.replace('160', '640')}{noise}</svg>")


def test_what_dealers_name_and_nobody_drew_is_told_at_publication(tmp_path: Path) -> None:
    told = list(
        missing_pictures({"D1": {"logo": "a", "signature": "b"}, "D2": None}, {"a": picture_of("a", GOOD)})
    )
    assert told == ["dealers.yaml: D1: signature: there is no picture 'b'; add messages/images/b.svg"]
    for path, text in read_files(FOLDER).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, "utf-8")
    (tmp_path / "messages/images/meridian.svg").write_text("<svg")
    with pytest.raises(RefusedRule, match=r"images/meridian.svg: is no XML") as caught:
        compile_messages(tmp_path, only="service_due_cars")
    assert "dealers.yaml: D002: logo: there is no picture 'meridian'" in str(caught.value)
    check_path("messages/images/meridian.svg")


def test_a_mail_carries_the_pictures_that_it_shows(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(renderer)
    mail = compose(contact(renderer.rulebook), person(), world.outside)
    assert not isinstance(mail, str)
    assert set(mail.pictures) == {"meridian_harborside", "signature_whitfield"}
    assert all(f'src="cid:{name}"' in mail.html for name in mail.pictures)
    assert 'alt="Meridian Harborside"' in mail.html
    assert 'alt="Sarah Whitfield, Managing Director"' in mail.html
    asked: list[dict[str, Any]] = []

    class Ses:
        def send_email(self, **request: Any) -> dict[str, str]:
            asked.append(request)
            return {"MessageId": "m"}

    monkeypatch.setattr(mailer, "client", lambda _: Ses())
    mailer.SesMailer("set", "news@example.com", lambda: 60_000).send(mail)
    parts = asked[0]["Content"]["Simple"]["Attachments"]
    assert [(p["ContentId"], p["ContentDisposition"], p["RawContent"][:4]) for p in parts] == [
        (name, "INLINE", b"\x89PNG") for name in mail.pictures
    ]


def test_who_has_no_dealer_gets_no_pictures(renderer: Renderer) -> None:
    world = World(renderer)
    alone = person()
    alone.ledgers.clear()
    mail = compose(contact(renderer.rulebook), alone, world.outside)
    assert not isinstance(mail, str)
    assert mail.pictures == {}
    assert "cid:" not in mail.html


def test_a_preview_stands_alone_and_print_shows_the_drawing(renderer: Renderer) -> None:
    preview = Preview(renderer.rulebook)
    someone = preview.sample("service_due_cars", "ordinary")
    html = preview.show("service_due_cars", "email", someone).html
    assert "cid:" not in html
    assert html.count("data:image/png;base64,") == 2
    text = renderer.printed("service_due_cars", "postcard", renderer.context(someone, contact(renderer.rulebook), now=contact(renderer.rulebook).due))  # fmt: skip
    assert text.dealer["logo"].startswith("<svg")
