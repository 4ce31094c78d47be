"""Publishing messages: the YAML, MJML and Typst below `rulebook/messages/` in, compiled `MessageRules` out.

Happens at each publication, check and preview: the lint, MJML to HTML, css inlined, the text version derived. Sending needs Jinja2 alone;
mjml and css-inline come with the extra `publish` and are no part of any Lambda layer.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from courtesy.errors import RefusedInput, RefusedRule
from courtesy.messages.glyphs import PRINTED, undrawn
from courtesy.messages.lint_template import Finding, lint
from courtesy.messages.pictures import missing_pictures, picture_of
from courtesy.messages.plain import text_of
from courtesy.messages.protect import Protected
from courtesy.messages.rules import CompiledMessage, HtmlFrame, MessageRules, Picture
from courtesy.messages.sources import MessageSource, Text, read_source

CONTENT = "<!--content-->"
"""The mark in the e-mail frame that the message takes the place of."""
KEPT = 256
"""Compiled texts that a process remembers by their content, some 60 KB each; so a draft checked again costs what was changed."""
_START, _END = "<!--message-->", "<!--/message-->"
_NEEDED = {
    "links.unsubscribe": "a link to unsubscribe",
    "sender.postal_address": "the sender's postal address",
}


class _Trigger(NamedTuple):
    channels: tuple[str, ...]
    marketing: bool


def compile_messages(rulebook_folder: Path, only: str = "") -> MessageRules:
    """Everything of `messages.yaml` and `messages/` of a rulebook folder, ready to render.

    only: the one trigger whose message is wanted, for previews; the others are not even looked at
    Raises RefusedRule that lists every finding as `file: line n: text`.
    """
    written = yaml.safe_load((rulebook_folder / "messages.yaml").read_text(encoding="utf-8")) or {}
    try:
        rules = MessageRules.model_validate(written)
    except ValidationError as error:
        raise RefusedRule(str(error), rule="messages.yaml") from error
    folder = rulebook_folder / "messages"
    triggers = _triggers(rulebook_folder / "triggers")
    words = _words(rules)
    findings: list[str] = []
    messages: dict[str, CompiledMessage] = {}
    frames: dict[str, HtmlFrame] = {}
    frame = (folder / "frames" / "email.mjml").read_text(encoding="utf-8")
    findings += [f"frames/email.mjml: line {f.line}: {f.text}" for f in lint(frame, words)]
    for trigger_id, trigger in triggers.items():
        if only and trigger_id != only:
            continue
        path = folder / f"{trigger_id}.yaml"
        if not path.exists():
            findings.append(f"{trigger_id}.yaml: missing; every trigger needs a message")
            continue
        try:
            source = read_source(path, list(rules.languages))
        except RefusedInput as error:
            findings.append(str(error))
            continue
        found = source_findings(source, words)
        findings += [f"{path.name}: {finding}" for finding in found]
        if rules.fallback_language not in source.texts:
            findings.append(f"{path.name}: has no text in the fallback language {rules.fallback_language!r}")
        if found:
            continue
        for language, text in source.texts.items():
            for channel in trigger.channels:
                if channel == "email":
                    message, half = _email(source, text, language, frame)
                    frames.setdefault("email", half)
                    if frames["email"] != half:
                        message = message.model_copy(
                            update={"html": half.before + message.html + half.after, "frame": ""}
                        )
                    findings += [
                        f"{path.name}: {language}: {text}" for text in _missing(message, half, trigger)
                    ]
                elif channel == "sms":
                    if not text.sms:
                        findings.append(f"{path.name}: {language}: has no `sms`, which the trigger sends")
                    message = CompiledMessage(
                        trigger=trigger_id, channel="sms", language=language, text=text.sms
                    )
                else:
                    message = _printed(source, text, language, channel)
                    if channel in PRINTED:
                        findings += [f"{path.name}: {text}" for text in _undrawn(source, message)]
                messages[f"{trigger_id}/{channel}/{language}"] = message
    pictures: dict[str, Picture] = {}
    for path in sorted((folder / "images").glob("*.svg")):
        try:
            pictures[path.stem] = picture_of(path.stem, path.read_text(encoding="utf-8"))
        except (RefusedRule, UnicodeDecodeError) as error:
            findings.append(str(error))
    findings += missing_pictures(_dealers(rulebook_folder), pictures)
    for block in rules.blocks:
        findings += [
            f"messages.yaml: block of {block.dealer}: line {f.line}: {f.text}"
            for f in lint(block.text, words)
        ]
    findings += _word_findings(rules)
    if any(PRINTED.intersection(trigger.channels) for trigger in triggers.values()):
        findings += _undrawn_words(rules)
    if findings:
        raise RefusedRule("\n".join(["messages cannot be published:", *findings]), rule="messages")
    print_frames = {
        path.stem: path.read_text(encoding="utf-8") for path in sorted((folder / "frames").glob("*.typ"))
    }
    return rules.model_copy(
        update={
            "messages": messages,
            "html_frames": frames,
            "print_frames": print_frames,
            "pictures": pictures,
        }
    )


def source_findings(source: MessageSource, words: Iterable[str]) -> list[str]:
    """What the lint has against one message's texts, `line n: text` with the line of the YAML file."""
    known = frozenset(words)
    return [
        f"line {line + finding.line - 1}: {finding.text}"
        for text, line in source.templates()
        for finding in _linted(text, known)
    ]


@lru_cache(maxsize=2048)
def _linted(text: str, words: frozenset[str]) -> tuple[Finding, ...]:
    return tuple(lint(text, words))


@lru_cache(maxsize=KEPT)
def compile_email(mjml_or_html: str) -> str:
    """MJML (or HTML) with Jinja in, HTML with css inlined and the same Jinja out. Raises RefusedRule on bad MJML."""
    import css_inline
    from mjml import mjml2html

    jinja = Protected()
    document = jinja.hide(mjml_or_html)
    if document.lstrip().startswith("<mjml"):
        try:
            document = mjml2html(document, fonts={})
        except ValueError as error:
            raise RefusedRule(f"MJML: {error}") from error
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    html = jinja.show(inliner.inline(document))
    if "<script" in html.lower():
        raise RefusedRule("an e-mail holds no script")
    return html


@lru_cache(maxsize=KEPT)
def derive_text(html: str) -> str:
    """The text version of a compiled HTML template, as a template."""
    jinja = Protected()
    return jinja.show(text_of(jinja.hide(html)))


def _email(source: MessageSource, text: Text, language: str, frame: str) -> tuple[CompiledMessage, HtmlFrame]:
    content = text.email or _components(text)
    framed = frame.replace(CONTENT, f"<mj-raw>{_START}</mj-raw>{content}<mj-raw>{_END}</mj-raw>")
    html = compile_email(framed)
    before, _, rest = html.partition(_START)
    inner, _, after = rest.partition(_END)
    message = CompiledMessage(
        trigger=source.trigger,
        channel="email",
        language=language,
        frame="email",
        subject=text.subject,
        preheader=text.preheader,
        html=inner,
        text=text.plain or derive_text(html.replace(_START, "").replace(_END, "")),
    )
    return message, HtmlFrame(before=before, after=after)


def _components(text: Text) -> str:
    """The usual form of a message in MJML: headline, greeting, paragraphs, button, farewell."""
    jinja = Protected(comments=False)

    def safe(part: str) -> str:
        return jinja.show(escape(jinja.hide(part), quote=True).replace("\n", "<br />"))

    parts = [f'<mj-text mj-class="headline">{safe(text.headline)}</mj-text>'] if text.headline else []
    parts.append("<mj-text>{{ customer.greeting }}</mj-text>")
    parts += [f"<mj-text>{safe(paragraph)}</mj-text>" for paragraph in text.body]
    if text.action:
        parts.append(
            f'<mj-button href="{{{{ links.site }}}}{safe(text.path)}">{safe(text.action)}</mj-button>'
        )
    if text.closing:
        parts.append(f"<mj-text>{safe(text.closing)}</mj-text>")
    return "\n".join(parts)


def _printed(source: MessageSource, text: Text, language: str, channel: str) -> CompiledMessage:
    short = channel != "letter"
    body = (text.postcard_body or text.body) if short else text.body
    parts = {
        "headline": (text.postcard_headline or text.headline) if short else text.headline,
        "subject": text.subject,
        "action": text.action,
        "path": text.path,
        "closing": text.closing,
    }
    return CompiledMessage.model_validate(
        {
            "trigger": source.trigger,
            "channel": channel,
            "language": language,
            "subject": text.subject,
            "parts": parts,
            "body": body,
        }
    )


def _undrawn(source: MessageSource, message: CompiledMessage) -> Iterable[str]:
    """What a piece says in characters that no font has, with the line of the YAML file."""
    said = [*message.body, *(part for name, part in message.parts.items() if name != "subject")]
    for text, line in source.templates():
        if text in said:
            for found in undrawn(text):
                yield f"line {line + found.line - 1}: {message.channel}: {found}"


def _undrawn_words(rules: MessageRules) -> Iterable[str]:
    """What the frames of printed pieces say themselves in characters that no font has."""
    for code, language in rules.languages.items():
        said = {f"words.{name}": word for name, word in language.words.items()}
        said |= {f"greetings.{kind}": words for kind, words in language.greetings.items()}
        said |= {f"months.{number}": month for number, month in enumerate(language.months)}
        for name, text in said.items():
            for found in undrawn(text):
                yield f"messages.yaml: languages.{code}.{name}: {found}"


def _missing(message: CompiledMessage, frame: HtmlFrame, trigger: _Trigger) -> Iterable[str]:
    if not trigger.marketing:
        return
    html = message.html if not message.frame else frame.before + message.html + frame.after
    for form, text in (("HTML", html), ("text", message.text)):
        for variable, what in _NEEDED.items():
            if not re.search(rf"\{{\{{[^{{}}]*{re.escape(variable)}", text):
                yield f"the {form} version lacks {what} (`{{{{ {variable} }}}}`), which marketing must carry"


def _dealers(folder: Path) -> dict[str, Any]:
    """Dealers as they are written, in one file or several; what is wrong with them otherwise the rulebook's check says."""
    found: dict[str, Any] = {}
    for path in [folder / "dealers.yaml", *sorted((folder / "dealers").glob("*.yaml"))]:
        try:
            written = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else None
        except (yaml.YAMLError, UnicodeDecodeError):
            continue
        if isinstance(written, dict):
            found |= written if path.parent == folder else {path.stem: written}
    return found


def _triggers(folder: Path) -> dict[str, _Trigger]:
    triggers: dict[str, _Trigger] = {}
    for path in sorted(folder.glob("*.yaml")):
        id_, trigger = _trigger(path.read_text(encoding="utf-8"))
        triggers[id_ or path.stem] = trigger
    return triggers


@lru_cache(maxsize=1024)
def _trigger(text: str) -> tuple[str, _Trigger]:
    rule: Mapping[str, Any] = yaml.safe_load(text) or {}
    marketing = rule.get("purpose", "marketing") == "marketing"
    return str(rule.get("id", "")), _Trigger(tuple(rule.get("channels", [])), marketing)


def _words(rules: MessageRules) -> set[str]:
    return {word for language in rules.languages.values() for word in language.words}


def _word_findings(rules: MessageRules) -> Iterable[str]:
    """Each language says the same words; a gap would be a hole in the frame."""
    every = _words(rules)
    for code, language in rules.languages.items():
        for word in sorted(every - set(language.words)):
            yield f"messages.yaml: language {code!r} lacks the word {word!r}"
