"""The JSON Schemas beside the shipped rulebook are those of the models."""

from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest

from courtesy.rulebook.load import read_sections
from courtesy.rulebook.schemas import FOLDERS, documents, schemas

SHIPPED = Path(__file__).parents[3] / "rulebook"


def test_the_written_schemas_are_current() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in (SHIPPED / "schemas").glob("*.json")}
    assert written == documents(), "run: python -m courtesy.rulebook.schemas rulebook/schemas"


@pytest.mark.parametrize("section", sorted(schemas()))
def test_the_shipped_files_follow_their_schemas(section: str) -> None:
    value = read_sections(SHIPPED).values.get(section, {})
    schema = schemas()[section]
    for entry in value.values() if section in FOLDERS else [value]:
        jsonschema.validate(entry, schema, cls=jsonschema.Draft202012Validator)


def test_a_misspelt_field_is_against_the_schema() -> None:
    with pytest.raises(jsonschema.ValidationError, match="curency"):
        jsonschema.validate({"cars": {"label": "Cars", "curency": "EUR"}}, schemas()["divisions"])
