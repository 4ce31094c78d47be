"""JSON Schemas of the rulebook's files, for editors that complete and check YAML.

`python -m courtesy.rulebook.schemas rulebook/schemas` writes them anew; a test fails when they are not current. A file names
its schema in its first line: `# yaml-language-server: $schema=../schemas/triggers.json`.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from courtesy.rulebook.load import OWN_NAMES
from courtesy.rulebook.model import Rulebook

FOLDERS = ("sources", "triggers", "offers")
"""Sections with a file per entry: their schema is that of one entry."""


def schemas() -> dict[str, dict[str, Any]]:
    """Section -> schema of its file (draft 2020-12); of one entry where each has a file of its own."""
    made = {}
    for section, field in Rulebook.model_fields.items():
        if section == "version":
            continue
        annotation: Any = field.annotation
        schema: dict[str, Any] = TypeAdapter(annotation).json_schema()
        own = OWN_NAMES.get(section)
        if own is not None:
            entry = schema["$defs"][schema["additionalProperties"]["$ref"].rsplit("/", 1)[-1]]
            entry["required"] = [name for name in entry["required"] if name != own]  # the key stands for it
            if section in FOLDERS:
                schema = {**entry, "$defs": schema["$defs"]}
        made[section] = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
    return made


def documents() -> dict[str, str]:
    """File name -> content, as the files stand in `rulebook/schemas/`."""
    return {
        f"{section}.json": json.dumps(schema, indent=1, sort_keys=True) + "\n"
        for section, schema in schemas().items()
    }


def write_schemas(folder: Path) -> None:
    """Write the files anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents().items():
        (folder / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
