"""Every variable a function reads is set by its feature, and no other is."""

from importlib import import_module

import pytest

from courtesy_aws.settings import FunctionSettings
from infra import features
from infra.parts.function import SET_FOR_POWERTOOLS
from tests.infra.conftest import Templates

pytestmark = pytest.mark.infra


@pytest.mark.parametrize("name", [*features.CYCLE, *features.OTHERS])
def test_the_environment_is_the_settings_model(aws: Templates, local: Templates, name: str) -> None:
    model = import_module(f"functions.{name}.settings").Settings
    assert issubclass(model, FunctionSettings)
    read = {field.upper() for field in model.model_fields}

    for templates in (aws, local):
        given = set(templates.function(name)["Environment"]["Variables"])
        assert given - SET_FOR_POWERTOOLS == read
