"""The page on source contracts says what is there."""

import re
from pathlib import Path

import yaml

from courtesy.intake.contract import FileFormat, SourceContract
from courtesy.outcomes import FileRefusal

PAGE = (Path(__file__).parents[3] / "docs/source-contracts.md").read_text(encoding="utf-8")


def test_the_example_is_a_contract() -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    assert SourceContract.model_validate(yaml.safe_load(found[1])).name == "dealer_sales"


def test_every_format_every_field_and_every_refusal_is_described() -> None:
    kinds = FileFormat.model_json_schema()["properties"]["kind"]["enum"]
    names = {*kinds, *FileRefusal, *FileFormat.model_fields, *SourceContract.model_fields} - {
        "kind",
        "version",
        "division",
    }
    assert {name for name in names if not re.search(rf"\b{name}\b", PAGE)} == set()
