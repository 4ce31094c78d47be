"""A draft's message is shown as it is drafted, without the draft being published."""

import pytest

from courtesy.errors import RefusedRule, UnknownName
from courtesy.messages.preview import draft_preview
from courtesy.rulebook.files import read_files
from tests.unit.messages.people import FOLDER

TRIGGER = "service_due_cars"
FILE = f"messages/{TRIGGER}.yaml"


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return read_files(FOLDER)


def test_a_drafted_text_is_shown_in_every_channel(files: dict[str, str]) -> None:
    drafted = files | {
        FILE: files[FILE].replace("Time for a service", "Your car misses us").replace("is due", "waits")
    }
    preview = draft_preview(drafted, TRIGGER)
    person = preview.sample(TRIGGER, "ordinary")
    mail = preview.show(TRIGGER, "email", person)
    assert "Your car misses us" in mail.html
    assert "Time for a service" not in mail.html
    assert "waits" in preview.show(TRIGGER, "sms", person).text
    assert "waits" in preview.show(TRIGGER, "postcard", person).text
    assert set(preview.rulebook.messages.messages) == {
        f"{TRIGGER}/{channel}/{language}"
        for channel in preview.channels(TRIGGER)
        for language in ("en", "de")
    }


def test_what_is_wrong_in_a_draft_is_said_with_its_line(files: dict[str, str]) -> None:
    wrong = files | {FILE: files[FILE].replace("vehicle.model", "vehicle.modell", 1)}
    with pytest.raises(RefusedRule, match=rf"{TRIGGER}.yaml: line \d+: unknown variable `vehicle.modell`"):
        draft_preview(wrong, TRIGGER)
    with pytest.raises(UnknownName, match="service_due_cars"):
        draft_preview(files, "service_due_car")


def test_another_message_s_fault_keeps_no_preview_back(files: dict[str, str]) -> None:
    broken = files | {"messages/welcome_cars.yaml": "en: {subject: '{{ nobody }}'}\n"}
    assert draft_preview(broken, TRIGGER).email(TRIGGER, "ordinary").subject
