"""The files that a rulebook is written in: the YAML, MJML and Typst below its folder, as texts by path.

Publishing keeps them beside the version that was made of them, so that a draft begins with what somebody wrote, comments
included. A version that was published without its files is written out anew, with every default in it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from courtesy.errors import RefusedRule
from courtesy.rulebook.load import OWN_NAMES, SCHEMAS, read_sections
from courtesy.rulebook.model import Rulebook
from courtesy.rulebook.problems import nearest
from courtesy.rulebook.schemas import FOLDERS
from courtesy.rulebook.versions import sections_of

SECTIONS = tuple(name for name in Rulebook.model_fields if name != "version")
LARGEST_FILE = 200_000
"""Characters of one file."""
_FORM = re.compile(r"[a-z][a-z0-9_]{0,80}(/[a-z0-9][a-z0-9_]{0,80}){0,2}\.(yaml|mjml|typ|svg)")


def read_files(folder: Path) -> dict[str, str]:
    """The texts of a rulebook's folder by their path, the schemas left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.relative_to(folder).parts[0] != SCHEMAS
        and _FORM.fullmatch(path.relative_to(folder).as_posix())
    }


def write_files(files: Mapping[str, str], folder: Path) -> None:
    """Write texts into a folder. Raises RefusedRule for a path that is none of a rulebook's."""
    for path, text in files.items():
        check_path(path)
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


def files_of(rulebook: Rulebook) -> dict[str, str]:
    """A rulebook written out as files: what `load_rulebook` reads it from again."""
    files: dict[str, str] = {}
    for section, value in sections_of(rulebook).items():
        if section in FOLDERS and isinstance(value, dict):
            files.update((f"{section}/{name}.yaml", dump(entry)) for name, entry in value.items())
        else:
            files[f"{section}.yaml"] = dump(value)
    return files


def check_path(path: str) -> None:
    """Raises RefusedRule where a rulebook has no file of that path."""
    if not _FORM.fullmatch(path):
        raise RefusedRule(
            "a rulebook's file is `<section>.yaml`, `<section>/<name>.yaml` or a frame or drawing below `messages/`, "
            "in small letters, digits and underscores",
            rule=path[:120],
        )
    first = path.split("/")[0].removesuffix(".yaml")
    if first not in SECTIONS:
        raise RefusedRule(f"unknown section {first!r}{nearest(first, SECTIONS)}", rule=path)


def check_text(path: str, text: str) -> None:
    """Raises RefusedRule for a text that is too large to keep."""
    if len(text) > LARGEST_FILE:
        raise RefusedRule(f"{len(text)} characters; a file holds at most {LARGEST_FILE}", rule=path)


def with_section(section: str, value: object) -> tuple[str, str]:
    """The file that a section of its own is in, and its new text. Raises RefusedRule for a section with a file per entry."""
    _known(section)
    if section in FOLDERS:
        raise RefusedRule("has a file per entry; change its entries", rule=section)
    return f"{section}.yaml", dump(value)


def with_entry(
    files: Mapping[str, str], section: str, entry: str, value: Mapping[str, Any]
) -> tuple[str, str]:
    """The file in which an entry stands, and its new text. Raises RefusedRule for a section that has no entries."""
    _known(section)
    if section not in OWN_NAMES:
        raise RefusedRule("has no entries; change it as a whole", rule=section)
    own = f"{section}/{entry}.yaml"
    together = f"{section}.yaml"
    held = _mapping(files.get(together, ""), together)
    for name, other in held.items():
        if isinstance(other, dict) and other.get(OWN_NAMES[section]) == name:
            del other[OWN_NAMES[section]]  # the key stands for it
    if own in files or (entry not in held and section in FOLDERS):
        return own, dump(value)
    return together, dump({**held, entry: dict(value)})


def dump(value: object) -> str:
    """YAML that reads back as the same value."""
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=110)


def _mapping(text: str, path: str) -> dict[str, Any]:
    with TemporaryDirectory() as folder:
        write_files({path: text}, Path(folder))
        read = read_sections(Path(folder))
    value = read.values.get(path.removesuffix(".yaml")) or {}
    if read.problems or not isinstance(value, dict):
        raise RefusedRule("is no mapping of entries; mend the file first", rule=path)
    return value


def _known(section: str) -> None:
    if section not in SECTIONS:
        raise RefusedRule(f"unknown section{nearest(section, SECTIONS)}", rule=section)
