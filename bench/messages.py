"""How fast messages are rendered and printed, against the same libraries called bare; one core, the shipped rulebook."""

import argparse
import json
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import css_inline
import typst
from jinja2 import Environment

from bench.outcome import Goal, Outcome
from courtesy.messages.compile import compile_messages
from courtesy.messages.postal import PostalAddress, postal_address
from courtesy.messages.render import Renderer
from courtesy.messages.rules import DealerBlock
from courtesy.messages.samples import NOW, sample_contact, sample_profile
from courtesy.messages.send import links
from courtesy.messages.typeset import Typesetter
from courtesy.rulebook.load import load_rulebook

ROOT = Path(__file__).parents[1]
KEY = b"a key of sixteen bytes or more"
TRIGGER = "service_due_cars"
LETTER = "lease_end_offer"
EXAMPLE = "courtesy bench messages --count 500 --json"


def seconds(work: Callable[[], object], count: int) -> float:
    """Seconds of CPU (all threads) for one call, the best of five rounds of `count` calls."""
    work()
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(count):
            work()
        best = min(best, (time.process_time() - start) / count)
    return best


WORDS = "Our workshop in {{ dealer.city }} looks forward to seeing you, {{ customer.given_name }}."


def measure(count: int) -> dict[str, float]:
    """Seconds and rates of each way; `times_*` are the goals' ratios."""
    start = time.perf_counter()
    compile_messages(ROOT / "rulebook")
    publish = time.perf_counter() - start
    rulebook = load_rulebook(ROOT / "rulebook", compile_messages)
    profile = sample_profile("ordinary", rulebook, "cars")
    dealer = profile.ledgers["cars"].dealer
    # The dealer's own words, so that the mail has all that a mail can have.
    block = DealerBlock(dealer=dealer, trigger=TRIGGER, language="en", text=WORDS, approved_by="approver")
    renderer = Renderer(rulebook, lambda _: (block,))
    contact = sample_contact(rulebook, TRIGGER, "email")

    def whole() -> object:
        own, every = links(contact, profile.customer_id, KEY, "https://api.example.com")
        context = renderer.context(profile, contact, now=NOW, unsubscribe=own, preferences=every)
        return renderer.email(TRIGGER, context)

    # Bare: the same four templates compiled by plain Jinja2, the same values, nothing else.
    message = rulebook.messages.messages[f"{TRIGGER}/email/en"]
    frame = rulebook.messages.html_frames["email"]
    filters = {"date": lambda day: f"{day:%B} {day.day}, {day.year}"}
    html, text = Environment(autoescape=True), Environment()  # noqa: S701 - the second makes plain text
    html.filters.update(filters)
    text.filters.update(filters)
    body = frame.before + message.html + frame.after
    templates = [
        html.from_string(body),
        *(text.from_string(source) for source in (message.text, message.subject, message.preheader)),
    ]
    context = renderer.context(profile, contact, now=NOW, unsubscribe="https://u", preferences="https://p")
    variables = context.variables()

    def bare() -> object:
        return [template.render(variables) for template in templates]

    # What per-message work costs elsewhere: css inlined and MIME built for each mail.
    rendered = renderer.email(TRIGGER, context)
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)

    def inlined() -> object:
        mail = EmailMessage()
        mail["Subject"], mail["From"], mail["To"] = rendered.subject, "a@example.com", "b@example.com"
        mail.set_content(rendered.text)
        mail.add_alternative(inliner.inline(rendered.html), subtype="html")
        return mail.as_bytes()

    typesetter = Typesetter(rulebook.messages.print_frames)
    letter_profile = sample_profile("ordinary", rulebook, "finance")
    letter_contact = sample_contact(rulebook, LETTER, "letter")
    vendor = rulebook.messages.vendors[rulebook.messages.printers["letter"]]
    number = iter(range(10**9))

    def letter() -> bytes:
        to = postal_address(letter_profile, vendor)
        assert isinstance(to, PostalAddress)
        made = renderer.context(letter_profile, letter_contact, now=NOW)
        printed = renderer.printed(LETTER, "letter", made)
        # A line that no other piece has, so that nothing of a piece comes from a cache.
        return typesetter.pdf(
            vendor.products["letter"], printed, [f"{next(number)} {to.name}", *to.lines()[1:]]
        )

    compiler = typst.Compiler(ignore_system_fonts=True)
    plain = b'#let d = json(bytes(sys.inputs.d))\n#set page("us-letter")\n#d.map(p => par(p)).join()'
    paragraphs = list(
        renderer.printed(LETTER, "letter", renderer.context(letter_profile, letter_contact, now=NOW)).body
    )

    def bare_letter() -> object:
        inputs = {"d": json.dumps([f"{next(number)}", *paragraphs])}
        return compiler.compile(plain, format="pdf", sys_inputs=inputs)

    ours, jinja, mime = seconds(whole, count), seconds(bare, count), seconds(inlined, max(1, count // 20))
    page, bare_page = seconds(letter, max(1, count // 20)), seconds(bare_letter, max(1, count // 20))
    return {
        "publish_seconds": publish,
        "email_seconds": ours,
        "emails_per_second": 1 / ours,
        "bare_jinja_seconds": jinja,
        "times_bare_jinja": ours / jinja,
        "inline_and_mime_seconds": mime,
        "times_faster_than_inline_and_mime": mime / ours,
        "letter_seconds": page,
        "letters_per_second": 1 / page,
        "bare_typst_seconds": bare_page,
        "times_bare_typst": page / bare_page,
    }


def options(parser: argparse.ArgumentParser) -> None:
    """Its own options."""
    parser.add_argument(
        "--count", type=int, default=2000, help="e-mails a round; letters are a twentieth of it"
    )


def bench(asked: argparse.Namespace) -> Outcome:
    """Measure everything."""
    found = measure(asked.count)
    return Outcome(
        found,
        (
            Goal("an e-mail to bare Jinja2", found["times_bare_jinja"], at_most=1.6, unit="times"),
            Goal(
                "faster than inlining and MIME a message",
                found["times_faster_than_inline_and_mime"],
                at_least=40,
                unit="times",
            ),
            Goal("letters a second and core", found["letters_per_second"], at_least=80),
        ),
    )
