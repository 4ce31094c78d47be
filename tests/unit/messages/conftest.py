"""The shipped rulebook and one of its customers."""

import pytest

from courtesy.messages.compile import compile_messages
from courtesy.messages.render import Renderer
from courtesy.messages.typeset import Typesetter
from courtesy.rulebook.load import load_rulebook
from courtesy.rulebook.model import Rulebook
from tests.unit.messages.people import FOLDER


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    """What is shipped, compiled as a publication does it."""
    return load_rulebook(FOLDER, compile_messages)


@pytest.fixture(scope="session")
def renderer(rulebook: Rulebook) -> Renderer:
    """One renderer for all tests: it keeps nothing of what it renders."""
    return Renderer(rulebook)


@pytest.fixture(scope="session")
def typesetter(rulebook: Rulebook) -> Typesetter:
    """One typesetter for all tests; loading the fonts takes the time."""
    return Typesetter(rulebook.messages.print_frames)
