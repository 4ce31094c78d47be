"""What is wrong is told with the field that was meant, however deep in choices, lists and unions it stands."""

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, ValidationError

from courtesy.rulebook.problems import nearest, problems_of
from courtesy.rulebook.section import Section


class Leaf(Section):
    colour: Literal["red", "green"] = "red"
    size: int = Field(default=1, ge=1)


class Pear(Section):
    kind: Literal["pear"] = "pear"
    leaf: Leaf | None = None


class Plum(Section):
    kind: Literal["plum"] = "plum"
    stones: list[Leaf] = Field(default_factory=list)


class Tree(Section):
    name: str
    fruit: Annotated[Pear | Plum, Field(discriminator="kind")] = Pear()
    leaf: Annotated[Leaf, Field(description="one of many")] = Leaf()
    pairs: dict[str, tuple[Leaf, ...]] = Field(default_factory=dict)
    tags: dict[str, int] = Field(default_factory=dict)


def told(model: type[BaseModel], **given: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given)
    return [str(problem) for problem in problems_of(caught.value, model)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"nam": "oak"}, ["name: is required and missing", "nam: unknown field 'nam'; did you mean 'name'?"]),
        ({"name": "oak", "leaf": {"sise": 2}}, ["leaf.sise: unknown field 'sise'; did you mean 'size'?"]),
        (
            {"name": "oak", "fruit": {"kind": "pear", "leaf": {"color": "red"}}},
            ["fruit.pear.leaf.color: unknown field 'color'; did you mean 'colour'?"],
        ),
        (
            {"name": "oak", "fruit": {"kind": "plum", "stones": [{}, {"colr": "red"}]}},
            ["fruit.plum.stones.1.colr: unknown field 'colr'; did you mean 'colour'?"],
        ),
        (
            {"name": "oak", "pairs": {"a": [{"sice": 1}]}},
            ["pairs.a.0.sice: unknown field 'sice'; did you mean 'size'?"],
        ),
        (
            {"name": "oak", "leaf": {"colour": "rede"}},
            ["leaf.colour: 'rede' is none of red, green; did you mean 'red'?"],
        ),
        (
            {"name": "oak", "leaf": {"size": 0}},
            ["leaf.size: input should be greater than or equal to 1 (found 0)"],
        ),
        ({"name": ["oak"]}, ["name: input should be a valid string"]),
    ],
)
def test_the_right_name_is_told(given: dict[str, object], expected: list[str]) -> None:
    assert told(Tree, **given) == expected


def test_where_nothing_is_near_all_are_named_and_where_there_is_nothing_that_is_said() -> None:
    assert nearest("zzz", ["pear", "plum"]) == "; known are: pear, plum"
    assert nearest("zzz", []) == "; none are declared"
