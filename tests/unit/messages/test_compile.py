"""Publication: what is shipped compiles whole, and what does not hold together is named with file and line."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from courtesy.errors import RefusedRule
from courtesy.messages.compile import compile_email, compile_messages, derive_text
from courtesy.messages.protect import Protected
from courtesy.rulebook.model import Rulebook
from tests.unit.messages.people import FOLDER

Change = Callable[[str], str]


@pytest.fixture
def publish(tmp_path: Path) -> Callable[[str, Change], None]:
    """Publish the shipped messages with one file changed."""
    folder = tmp_path / "rulebook"
    for part in ("messages", "triggers"):
        shutil.copytree(FOLDER / part, folder / part)
    shutil.copy(FOLDER / "messages.yaml", folder / "messages.yaml")

    def changed(file: str, change: Change) -> None:
        path = folder / file
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
        compile_messages(folder)

    return changed


def test_every_shipped_trigger_has_its_messages_in_both_languages(rulebook: Rulebook) -> None:
    for trigger in rulebook.triggers.values():
        for channel in trigger.channels:
            if channel in ("email", "letter", "postcard"):
                for language in ("en", "de"):
                    assert f"{trigger.id}/{channel}/{language}" in rulebook.messages.messages


def test_compiled_html_carries_no_stylesheet_rule_that_was_not_inlined(rulebook: Rulebook) -> None:
    frame = rulebook.messages.html_frames["email"]
    assert "style=" in frame.before
    assert "<mj-" not in frame.before + frame.after
    assert "prefers-color-scheme: dark" in frame.before
    assert "body, .page" in frame.before
    assert "http://" not in frame.after
    assert "fonts.googleapis" not in frame.before


def test_compiling_again_costs_what_was_changed_and_answers_for_what_stands_there(tmp_path: Path) -> None:
    folder = tmp_path / "rulebook"
    for part in ("messages", "triggers"):
        shutil.copytree(FOLDER / part, folder / part)
    shutil.copy(FOLDER / "messages.yaml", folder / "messages.yaml")
    first = compile_messages(folder)
    compiled = compile_email.cache_info().misses
    assert compile_messages(folder) == first
    assert compile_email.cache_info().misses == compiled

    path = folder / "messages" / "birthday_cars.yaml"
    written = path.read_text("utf-8")
    path.write_text(re.sub(r"headline: .*", "headline: Good that you came", written, count=1), "utf-8")
    changed = compile_messages(folder)
    assert compile_email.cache_info().misses == compiled + 1
    differs = {name for name in first.messages if changed.messages[name] != first.messages[name]}
    assert {name.split("/")[0] for name in differs} == {"birthday_cars"}
    assert len({name.split("/")[2] for name in differs}) == 1

    path.write_text(written, "utf-8")
    frame = folder / "messages" / "frames" / "email.mjml"
    frame.write_text(frame.read_text("utf-8").replace("{{ sender.postal_address }}", ""), "utf-8")
    with pytest.raises(RefusedRule, match="postal address"):
        compile_messages(folder)


def test_no_text_is_smaller_than_twelve_pixels(rulebook: Rulebook) -> None:
    """0 is the spacing of tables, 1 the hidden preheader; text is 12 or more."""
    frame = rulebook.messages.html_frames["email"]
    for message in rulebook.messages.messages.values():
        sizes = {
            int(size) for size in re.findall(r"font-size: ?(\d+)", frame.before + message.html + frame.after)
        }
        assert not {size for size in sizes if 1 < size < 12}


def test_marketing_has_an_unsubscribe_link_and_an_address_in_both_versions(rulebook: Rulebook) -> None:
    frame = rulebook.messages.html_frames["email"]
    for message in rulebook.messages.messages.values():
        if message.channel == "email":
            for whole in (frame.before + message.html + frame.after, message.text):
                assert "{{ links.unsubscribe }}" in whole
                assert "{{ sender.postal_address }}" in whole


def test_an_unknown_variable_is_named_with_its_line(publish: Callable[[str, Change], None]) -> None:
    lines = (FOLDER / "messages/welcome_cars.yaml").read_text(encoding="utf-8").splitlines()
    line = next(n for n, text in enumerate(lines, 1) if "vehicle.model" in text)
    with pytest.raises(RefusedRule) as refused:
        publish("messages/welcome_cars.yaml", lambda text: text.replace("vehicle.model", "vehicle.mdel", 1))
    assert (
        f"welcome_cars.yaml: line {line}: unknown variable `vehicle.mdel`; did you mean `vehicle.model`?"
        in str(refused.value)
    )


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("messages/frames/email.mjml", "links.unsubscribe", "links.site", "lacks a link to unsubscribe"),
        ("messages/frames/email.mjml", "{{ sender.postal_address }}", "", "lacks the sender's postal address"),
        ("messages/frames/email.mjml", "{{ reference }}", "{{ reference|safe }}", "unescaped"),
        ("messages/frames/email.mjml", "</mj-body>", "", "MJML"),
        ("messages.yaml", "your_dealer: \"Ihr Händler\"", "", "language 'de' lacks the word 'your_dealer'"),
        ("messages.yaml", "fallback_language: en", "fallback_langauge: en", "fallback_langauge"),
        ("messages/welcome_cars.yaml", "en:", "de:", "fallback language"),
    ],
)  # fmt: skip
def test_what_cannot_be_published_says_why(
    publish: Callable[[str, Change], None], file: str, old: str, new: str, expected: str
) -> None:
    with pytest.raises(RefusedRule) as refused:
        publish(file, lambda text: text.replace(old, new))
    assert expected in str(refused.value)


def test_unknown_parts_and_languages_have_the_nearest_name(publish: Callable[[str, Change], None]) -> None:
    with pytest.raises(RefusedRule, match="did you mean 'subject'"):
        publish("messages/welcome_cars.yaml", lambda text: text.replace("subject:", "subjct:"))
    with pytest.raises(RefusedRule, match=r"unknown language in .*'dee'; did you mean 'de'"):
        publish("messages/welcome_motorcycles.yaml", lambda text: text.replace("de:", "dee:"))


def test_a_message_may_bring_its_own_mjml_and_text(
    tmp_path: Path, publish: Callable[[str, Change], None]
) -> None:
    publish(
        "messages/win_back_lost.yaml",
        lambda text: text.replace(
            "  closing:",
            '  email: "<mj-text>Own words for {{ customer.given_name }}</mj-text>"\n'
            '  plain: "Own text. {{ links.unsubscribe }} {{ sender.postal_address }}"\n  closing:',
            1,
        ),
    )
    message = compile_messages(tmp_path / "rulebook").messages["win_back_lost/email/en"]
    assert "Own words for {{ customer.given_name }}" in message.html
    assert message.text.startswith("Own text.")


def test_a_script_is_refused_and_plain_html_is_inlined() -> None:
    with pytest.raises(RefusedRule, match="script"):
        compile_email("<html><body><script>x</script></body></html>")
    html = compile_email("<html><head><style>p{color:red}</style></head><body><p>{{ a }}</p></body></html>")
    assert '<p style="color: red;">{{ a }}</p>' in html


def test_jinja_survives_html_tools_unchanged() -> None:
    source = '<table><tbody>{% if a < 2 and "x" %}<tr><td>{{ b|default("<&>") }}</td></tr>{% endif %}</tbody></table>'
    html = compile_email(f"<html><body>{source}</body></html>")
    for piece in ('{% if a < 2 and "x" %}<tr>', '{{ b|default("<&>") }}', "</tr>{% endif %}"):
        assert piece in html


def test_a_source_that_holds_our_tokens_is_refused() -> None:
    with pytest.raises(RefusedRule):
        Protected().hide("zj1zj")


def test_the_text_version_keeps_statements_links_and_line_structure() -> None:
    html = (
        '<div style="display:none">hidden</div><style>p{}</style><p>One<br>two</p>{% if a %}<p><a href="{{ u }}">Go</a></p>'
        "{% endif %}<!--[if mso]>outlook<![endif]-->"
    )
    assert derive_text(html) == "One\ntwo\n{% if a %}\nGo: {{ u }}\n{% endif %}\n"


def test_a_trigger_without_a_message_is_named(publish: Callable[[str, Change], None], tmp_path: Path) -> None:
    (tmp_path / "rulebook/messages/welcome_cars.yaml").unlink()
    with pytest.raises(RefusedRule, match=r"welcome_cars\.yaml: missing; every trigger needs a message"):
        publish("messages.yaml", lambda text: text)


def test_a_dealer_s_block_is_linted_with_the_rest(publish: Callable[[str, Change], None]) -> None:
    block = 'blocks:\n  - {dealer: D001, language: en, text: "{{ customer.citty }}"}'
    with pytest.raises(RefusedRule, match=r"block of D001: line 1: unknown variable `customer\.citty`"):
        publish("messages.yaml", lambda text: text.replace("blocks: []", block))


def test_a_message_may_do_without_headline_button_and_farewell(
    publish: Callable[[str, Change], None],
) -> None:
    short = "en: {subject: Hello, body: [Good news.]}\nde: {subject: Hallo, body: [Gute Nachricht.]}\n"
    publish("messages/welcome_cars.yaml", lambda _: short)


def test_hidden_elements_are_no_part_of_the_text_version() -> None:
    html = '<div style="display: none"><p>no<br><b>no</b></p></div><p>yes</p>'
    assert derive_text(html) == "yes\n"
