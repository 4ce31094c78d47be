"""A message as marketers write it: one YAML file per trigger, with the texts of every language and where they stand."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml

from courtesy.errors import RefusedRule, UnknownName

KEPT = 256
"""Files that a process remembers by their content."""


@dataclass(frozen=True)
class Text:
    """What one language says.

    email: the message's own MJML in place of the usual form; plain: its own text version
    action, path: label and path of the button, below the client's site
    postcard_headline, postcard_body: the short form, for postcards and for agents; sms: the text message
    """

    subject: str = ""
    preheader: str = ""
    headline: str = ""
    body: list[str] = field(default_factory=list)
    action: str = ""
    path: str = ""
    closing: str = ""
    email: str = ""
    plain: str = ""
    postcard_headline: str = ""
    postcard_body: list[str] = field(default_factory=list)
    sms: str = ""


_NAMES = frozenset(Text.__dataclass_fields__)
_LISTS = frozenset({"body", "postcard_body"})


@dataclass(frozen=True)
class MessageSource:
    """All texts of one trigger's message; `lines`: (template, line of the file where it begins)."""

    trigger: str
    texts: dict[str, Text]
    lines: Sequence[tuple[str, int]]

    def templates(self) -> Iterator[tuple[str, int]]:
        """Each text with the line, counted from 1, at which its first line stands."""
        return iter(self.lines)


def read_source(path: Path, languages: Sequence[str]) -> MessageSource:
    """The message written in a file. Raises RefusedRule with the line, UnknownName."""
    return _source(path.name, path.read_text(encoding="utf-8"), tuple(languages))


@lru_cache(maxsize=KEPT)
def _source(name: str, text: str, languages: tuple[str, ...]) -> MessageSource:
    """By its text, so the same is not read twice in a process."""
    path = Path(name)
    try:
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise RefusedRule(f"YAML: {error}", rule=path.name) from error
    lines: list[tuple[str, int]] = []
    texts: dict[str, Text] = {}
    for language, node in _pairs(tree, path):
        if language not in languages:
            raise UnknownName(f"language in {path.name}", language, languages)
        parts: dict[str, str | list[str]] = {}
        for name, value in _pairs(node, path):
            if name not in _NAMES:
                raise UnknownName(f"part in {path.name}, {language}", name, _NAMES)
            if name in _LISTS:
                parts[name] = [_scalar(item, path, lines) for item in _items(value, path)]
            else:
                parts[name] = _scalar(value, path, lines)
        texts[language] = Text(**parts)  # type: ignore[arg-type]
    return MessageSource(path.stem, texts, lines)


def _pairs(node: yaml.Node | None, path: Path) -> Iterator[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        raise RefusedRule(f"{_line(node)}: expected `name: value`", rule=path.name)
    for key, value in node.value:
        yield str(key.value), value


def _items(node: yaml.Node, path: Path) -> list[yaml.Node]:
    if not isinstance(node, yaml.SequenceNode):
        raise RefusedRule(f"{_line(node)}: expected a list of paragraphs", rule=path.name)
    return list(node.value)


def _scalar(node: yaml.Node, path: Path, lines: list[tuple[str, int]]) -> str:
    if not isinstance(node, yaml.ScalarNode):
        raise RefusedRule(f"{_line(node)}: expected a text", rule=path.name)
    block = node.style in ("|", ">")
    lines.append((str(node.value), node.start_mark.line + (2 if block else 1)))
    return str(node.value)


def _line(node: yaml.Node | None) -> str:
    return "empty file" if node is None else f"line {node.start_mark.line + 1}"
