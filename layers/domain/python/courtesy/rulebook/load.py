"""The rulebook's folder of YAML files as a `Rulebook`; every complaint names file, line and field.

    divisions.yaml  dealers.yaml  identity.yaml  population.yaml  decisions.yaml  messages.yaml     a section each
    sources/<name>.yaml  triggers/<id>.yaml  offers/<id>.yaml                                       an entry each

A section of entries may stand in one file, in a folder with a file per entry, or in both. The entry's own `name` or `id` may
be left out: it is the key, or the file's name. YAML is read with the types of JSON: only `true` and `false` are truth
values (so `on:` and the country `NO` are text), and times and dates stay text until the model of the section takes them.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from courtesy.errors import RefusedRule
from courtesy.messages.rules import MessageRules
from courtesy.rulebook.check import check
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import Problem, Where, nearest, problems_of

OWN_NAMES = {"divisions": "name", "dealers": "id", "sources": "name", "triggers": "id", "offers": "id"}
"""Sections of entries, and the field of an entry that repeats its key."""

SCHEMAS = "schemas"
"""The folder beside them with the JSON Schemas of the files, for editors; see `rulebook.schemas`."""

LARGEST = 200_000
"""Values of one file."""

Compile = Callable[[Path], MessageRules]
"""Makes the section on messages of the rulebook's folder; see `messages.compile.compile_messages`."""


class Place(NamedTuple):
    """A line of a file, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Sections:
    """The sections as they were read, and where each value stands."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Where, Place] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Where) -> Place | None:
        """Where a value, or what should hold it, stands."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.places:
                return self.places[path[:end]]
        return None

    def describe(self, problem: Problem) -> str:
        """`triggers/welcome.yaml:7: triggers.welcome.chanels: unknown field 'chanels'; did you mean 'channels'?`"""
        place = self.place(problem.path)
        return f"{place}: {problem}" if place else str(problem)


def load_rulebook(folder: Path, compile_messages: Compile | None = None) -> Rulebook:
    """The draft (version 0) in a folder. Raises RefusedRule with every error in it; warnings are `check_folder`'s."""
    sections, rulebook, problems = _load(folder, compile_messages)
    errors = [sections.describe(problem) for problem in problems if problem.severity == "error"]
    if rulebook is None or errors:
        raise RefusedRule("the rulebook does not hold together:\n  " + "\n  ".join(errors))
    return rulebook


def check_folder(folder: Path, compile_messages: Compile | None = None) -> list[tuple[Problem, str]]:
    """Everything wrong or doubtful in a folder, each with its one-line description (file, line, field, remedy)."""
    sections, _, problems = _load(folder, compile_messages)
    return [(problem, sections.describe(problem)) for problem in problems]


def read_sections(folder: Path) -> Sections:
    """The YAML files of a folder, not yet validated. Raises RefusedRule where there is no such folder."""
    if not folder.is_dir():
        raise RefusedRule(f"{folder}: there is no such folder; a rulebook is a folder of YAML files")
    known = [name for name in Rulebook.model_fields if name != "version"]
    sections = Sections()
    for file in sorted(folder.glob("*.yaml")):
        if file.stem in known:
            _read(sections, folder, file, (file.stem,))
        else:
            _complain(sections, folder, file, f"unknown section {file.stem!r}{nearest(file.stem, known)}")
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        if below.name in OWN_NAMES:
            for file in sorted(below.glob("*.yaml")):
                _read(sections, folder, file, (below.name, file.stem))
        elif below.name not in (*known, SCHEMAS):
            _complain(sections, folder, below, f"unknown section {below.name!r}{nearest(below.name, known)}")
    for section, own in OWN_NAMES.items():
        entries = sections.values.get(section)
        for key, entry in (entries if isinstance(entries, dict) else {}).items():
            if isinstance(entry, dict):
                entry.setdefault(own, key)
    return sections


def _load(folder: Path, compile_messages: Compile | None) -> tuple[Sections, Rulebook | None, list[Problem]]:
    sections = read_sections(folder)
    if compile_messages is not None and (folder / "messages").is_dir():
        try:  # messages are compiled for triggers that hold together, so these are looked at first
            Rulebook.model_validate(sections.values)
        except ValidationError as error:
            return sections, None, [*sections.problems, *problems_of(error, Rulebook)]
        if sections.problems:
            return sections, None, sections.problems
        try:
            sections.values["messages"] = compile_messages(folder)
        except RefusedRule as error:
            sections.problems.append(Problem(("messages",), str(error)))
    try:
        rulebook = Rulebook.model_validate(sections.values)
    except ValidationError as error:
        return sections, None, [*sections.problems, *problems_of(error, Rulebook)]
    return sections, rulebook, [*sections.problems, *check(rulebook)]


def _read(sections: Sections, folder: Path, file: Path, path: Where) -> None:
    """Put a file's content into the sections at `path`."""
    shown = file.relative_to(folder).as_posix()
    sections.places[path] = Place(shown, 1)
    try:
        node = yaml.compose(file.read_text("utf-8"), Loader=_Loader)
    except UnicodeDecodeError as error:
        sections.problems.append(Problem(path, f"is not UTF-8 at byte {error.start}; save the file as UTF-8"))
        return
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        sections.places[path] = Place(shown, mark.line + 1 if mark else 1)
        sections.problems.append(Problem(path, f"is no YAML: {error.problem or error.context}"))
        return
    if node is not None and _size(node, {}) > LARGEST:
        sections.problems.append(
            Problem(path, f"its aliases make more than {LARGEST:,} values of it; write them out")
        )
        return
    value = {} if node is None else _value(sections, shown, node, path)
    holder = sections.values
    for part in path[:-1]:
        holder = holder.setdefault(str(part), {})
    name = str(path[-1])
    if name in holder:
        sections.problems.append(Problem(path, f"is declared twice, also in {path[0]}.yaml; keep one"))
    holder[name] = value


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values a node holds once every alias is written out."""
    if id(node) not in known:
        known[id(node)] = 1
        inner = (
            [part for pair in node.value for part in pair]
            if isinstance(node, yaml.MappingNode)
            else node.value
        )
        if isinstance(inner, list):
            known[id(node)] += sum(_size(part, known) for part in inner)
    return known[id(node)]


def _value(sections: Sections, file: str, node: yaml.Node, path: Where) -> Any:
    """A node's value; notes where each part of it stands."""
    sections.places.setdefault(path, Place(file, node.start_mark.line + 1))
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            here = (*path, key)
            if key in made:
                sections.problems.append(Problem(here, "is given twice in the same place; keep one"))
            sections.places[here] = Place(file, key_node.start_mark.line + 1)
            made[key] = _value(sections, file, value_node, here)
        return made
    if isinstance(node, yaml.SequenceNode):
        return [_value(sections, file, item, (*path, n)) for n, item in enumerate(node.value)]
    try:
        return _scalar(node)
    except (ValueError, yaml.YAMLError):
        sections.problems.append(
            Problem(path, f"has a value that YAML cannot read as {node.tag}; put it in quotes")
        )
        return None


def _scalar(node: yaml.Node) -> Any:
    tag, text = node.tag.removeprefix("tag:yaml.org,2002:"), node.value
    if tag == "null":
        return None
    if tag == "bool":
        return text == "true"
    if tag == "int":
        return int(text)
    if tag == "float":
        return float(text)
    if tag == "str":
        return text
    raise ValueError(tag)


def _complain(sections: Sections, folder: Path, file: Path, text: str) -> None:
    path = (file.stem,)
    sections.places[path] = Place(file.relative_to(folder).as_posix(), 1)
    sections.problems.append(Problem(path, text))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML with the plain values of JSON."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own way, filled below


for _tag, _form, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_form), list(_first))
