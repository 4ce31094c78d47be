"""What a customer reads: language, dealer's words, offer, and hostile text shown as text everywhere."""

from html.parser import HTMLParser

import pytest

from courtesy.errors import NotFound
from courtesy.messages.context import LISTS, choose_language, declared
from courtesy.messages.render import RenderedEmail, Renderer
from courtesy.messages.rules import DealerBlock
from courtesy.rulebook.model import Rulebook
from courtesy.timeline.profile import Place, Profile
from tests.unit.messages.people import HOSTILE, NOW, contact, person

LINKS = {"unsubscribe": "https://api.example.com/u/one", "preferences": "https://api.example.com/u/all"}


def mail(
    renderer: Renderer, profile: Profile, trigger: str = "service_due_cars", offer: str = ""
) -> RenderedEmail:
    context = renderer.context(profile, contact(renderer.rulebook, trigger, offer=offer), now=NOW, **LINKS)
    return renderer.email(trigger, context)


def with_blocks(rulebook: Rulebook, *blocks: DealerBlock) -> Renderer:
    messages = rulebook.messages.model_copy(update={"blocks": list(blocks)})
    return Renderer(rulebook.model_copy(update={"messages": messages}))


class _Elements(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.links: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name == "href"]


def test_a_mail_speaks_of_the_customer(renderer: Renderer) -> None:
    got = mail(renderer, person(), offer="service_voucher")
    assert got.subject == "Your car is due for its service"
    for part in (got.html, got.text):
        assert "Dear Ms. Miller," in part
        assert "Your last visit was on October 4, 2024." in part
        assert "Meridian Aster" in part
        assert "SERVICE50" in part
        assert "May 2, 2026" in part
        assert "Meridian Harborside" in part
        assert LINKS["unsubscribe"] in part
        assert "100 Harbor Street" in part
    assert "\n\n\n" not in got.text
    assert got.text == got.text.strip()
    assert "{" not in got.text


def test_a_customer_who_reads_german_gets_german(renderer: Renderer, rulebook: Rulebook) -> None:
    got = mail(renderer, person(language="de-AT"))
    assert got.subject == "Ihr Auto braucht seinen Service"
    assert "Sehr geehrte Frau Miller," in got.text
    assert "4. Oktober 2024" in got.text
    assert '<html lang="de"' in got.html
    assert '<html lang="en"' in mail(renderer, person()).html
    assert choose_language(person(language="fr"), rulebook.messages) == "en"


def test_little_is_known_and_nothing_looks_missing(renderer: Renderer) -> None:
    got = mail(
        renderer, Profile(customer_id="cone", values=person(given_name="", surname="", gender="").values)
    )
    assert "Hello," in got.text
    assert "Your car is due" in got.text
    assert "None" not in got.text
    assert "Your dealer" not in got.text


def test_a_service_message_has_no_unsubscribe_words(renderer: Renderer) -> None:
    got = mail(renderer, person(), "lease_end_notice")
    assert "message about your contract" in got.text
    assert "Unsubscribe" not in got.text


def test_a_trigger_without_a_message_in_the_channel_is_named(renderer: Renderer) -> None:
    context = renderer.context(person(), contact(renderer.rulebook), now=NOW)
    with pytest.raises(NotFound, match=r"lease_end_notice.*postcard"):
        renderer.printed("lease_end_notice", "postcard", context)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_changes_no_element_and_no_link(renderer: Renderer, text: str) -> None:
    harmless = _Elements(mail(renderer, person()).html)
    fields = {"given_name": text, "surname": text, "city": text, "gender": "other"}
    got = mail(renderer, person(**fields))
    hostile = _Elements(got.html)
    assert hostile.tags == harmless.tags
    assert hostile.attributes == harmless.attributes
    assert hostile.links == harmless.links
    assert "\x00" not in got.html + got.text
    assert "49" not in got.subject
    assert len(got.html) < 60_000


@pytest.mark.parametrize("text", HOSTILE)
def test_subject_and_preheader_are_one_line(rulebook: Rulebook, text: str) -> None:
    source = rulebook.messages.messages["service_due_cars/email/en"].model_copy(
        update={"subject": "For {{ customer.full_name }}", "preheader": "{{ customer.full_name }}"}
    )
    messages = rulebook.messages.model_copy(
        update={"messages": rulebook.messages.messages | {"service_due_cars/email/en": source}}
    )
    got = mail(Renderer(rulebook.model_copy(update={"messages": messages})), person(given_name=text))
    for line in (got.subject, got.preheader):
        assert len(line) <= 200
        assert all(c.isprintable() or c == "\u200d" for c in line)


def test_the_most_particular_approved_block_is_chosen(rulebook: Rulebook) -> None:
    def block(text: str, **rest: object) -> DealerBlock:
        return DealerBlock.model_validate(
            {"dealer": "D001", "language": "en", "approved_by": "brand", "text": text} | rest
        )

    renderer = with_blocks(
        rulebook,
        block("general"),
        block("for the service", trigger="service_due_cars"),
        block("for the loyal", trigger="service_due_cars", segment="loyal"),
        block("not approved", trigger="service_due_cars", segment="loyal", approved_by=""),
        block("too late", trigger="service_due_cars", segment="loyal", expires="2026-03-02"),
        block("of somebody else", dealer="D002", trigger="service_due_cars", segment="loyal"),
        block("auf Deutsch", trigger="service_due_cars", segment="loyal", language="de"),
        block("on the card", trigger="service_due_cars", segment="loyal", channel="postcard"),
    )
    place = Place("cars", "returning", "loyal", "standard", NOW)
    loyal = Profile(
        **{n: getattr(person(), n) for n in person().__struct_fields__} | {"places": {"cars": place}}
    )
    assert "for the loyal" in mail(renderer, loyal).text
    assert "for the service" in mail(renderer, person()).text
    assert "general" in mail(renderer, person(), "win_back_slipping").text


@pytest.mark.parametrize("text", ["{{ customer.__class__ }}", "{{ customer.given_name", "x" * 1201])
def test_a_faulty_block_gives_way_to_the_standard_text(rulebook: Rulebook, text: str) -> None:
    block = DealerBlock(dealer="D001", language="en", text=text, approved_by="brand")
    got = mail(with_blocks(rulebook, block), person())
    assert "Your car is due" in got.subject
    assert "xxx" not in got.text
    assert "Your dealer: Meridian Harborside" in got.text


def test_a_dealers_words_are_text(rulebook: Rulebook) -> None:
    block = DealerBlock(
        dealer="D001",
        language="en",
        approved_by="brand",
        text="<b>Hi</b> {{ customer.given_name }}\n\nSee you",
    )
    got = mail(with_blocks(rulebook, block), person(given_name="<i>"))
    assert "&lt;b&gt;Hi&lt;/b&gt; &lt;i&gt;" in got.html
    assert "See you" in got.html


def test_every_declared_name_is_in_the_context(renderer: Renderer) -> None:
    variables = renderer.context(person(), contact(renderer.rulebook), now=NOW).variables()
    for name in declared() | LISTS:
        value: object = variables
        for part in name.split("."):
            assert isinstance(value, dict)
            assert part in value, name
            value = value[part]


def test_after_a_german_greeting_the_first_sentence_goes_on_small_and_stands_large_without_one(
    renderer: Renderer, rulebook: Rulebook
) -> None:
    """`Sehr geehrte Frau Miller,` ends in a comma; only nouns and forms of `Sie` and `Ihr` begin large after it."""
    german = person(language="de")
    large = {"Ihr", "Ihre", "Sie", "Motor", "Kette", "Gepäck", "Motorrad"}
    for trigger, rule in rulebook.triggers.items():
        for channel in rule.channels:
            if channel == "sms":
                continue
            held = contact(rulebook, trigger, channel)
            context = renderer.context(german, held, now=held.due)
            if channel == "email":
                parts = renderer.email(trigger, context).text.split("\n\n")
                said = parts[parts.index("Sehr geehrte Frau Miller,") + 1]
            else:
                said = renderer.printed(trigger, channel, context).body[0]
            first = said.split()[0].rstrip(",:")
            assert first[0].isupper() == (channel == "next_contact" or first in large), (
                trigger,
                channel,
                said,
            )


@pytest.mark.parametrize("channel", ["email", "postcard", "sms"])
def test_nobody_sends_links_to_strangers_by_registering_them_as_a_name(
    rulebook: Rulebook, renderer: Renderer, channel: str
) -> None:
    someone = person(
        given_name="Claim at prize.com", surname="https://prize.example", name="www.prize.example"
    )
    held = contact(rulebook, channel=channel)
    customer = renderer.context(someone, held, now=held.due).customer
    assert (customer.greeting, customer.given_name, customer.surname, customer.full_name) == (
        "Hello,",
        "",
        "",
        "",
    )
