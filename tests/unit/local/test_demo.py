"""What the demo answers from outside, how it names files, and when its books do not balance."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from courtesy.intake.report import FileReport
from courtesy.outcomes import FileOutcome
from courtesy_local.demo import answers, balance, figures
from courtesy_local.demo.balance import Books
from courtesy_local.demo.tell import how_ended, short_name
from courtesy_local.samples.truth import FileTruth, Truth

LINK = "https://api.example/u/abc.def?x=1&amp;y=2"


def mail(to: str, html: str = "", text: str = "", **more: object) -> dict[str, Any]:
    """A message as the stand-in for SES shows it."""
    return {"To": [to], "BodyHtml": html, "BodyText": text, "MessageId": to, "Timestamp": "10", **more}


def report(key: str, **told: Any) -> FileReport:
    """A file's report."""
    at = datetime(2026, 1, 2, tzinfo=UTC)
    outcome = told.pop("outcome", FileOutcome.LOADED)
    return FileReport(source=key.split("/", 1)[0], file_id="f", key=key, outcome=outcome, at=at, **told)


def test_the_unsubscribe_link_is_found_as_a_reader_sees_it() -> None:
    assert answers.unsubscribe_path(mail("a@x", html=f'<a href="{LINK}">no</a>')) == "/u/abc.def?x=1&y=2"
    assert answers.unsubscribe_path(mail("a@x", text="see https://api.example/u/abc.def")) == "/u/abc.def"
    assert answers.unsubscribe_path(mail("a@x", text="https://api.example/other")) is None


def test_the_reader_who_clicks_is_nobody_at_the_simulator_and_nobody_who_said_no_before() -> None:
    mails = [
        mail("bounce@simulator.amazonses.com", text=LINK),
        mail("No@x.test", text=LINK),
        mail("plain@x.test"),
        mail("yes@x.test", text=LINK),
    ]
    assert answers.first_that_can_unsubscribe(mails, ["no@x.test"]) == mails[3]
    assert answers.first_that_can_unsubscribe(mails[:3], ["no@x.test"]) is None


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("dealer_sales/2026/01/02/dealer_sales_20260102.csv", "dealer_sales_20260102.csv"),
        ("telematics_trips/2026/01/02/trips.csv", "telematics_trips: trips.csv"),
    ],
)
def test_a_file_is_named_in_short(key: str, name: str) -> None:
    assert short_name(key) == name


def test_a_refused_file_says_why() -> None:
    assert how_ended(report("a/b", outcome=FileOutcome.REFUSED, reason="header")) == "refused: header"
    assert how_ended(report("a/b", outcome=FileOutcome.REPEATED, reason="repeated")) == "repeated"


def test_a_lost_row_breaks_the_books() -> None:
    truth = Truth(7, 1, date(2026, 1, 2), files=[FileTruth("a/b", "a", 1, rows=3, loaded=2, quarantined=1)])
    whole, short = Books(), Books()
    balance.check_files(whole, truth, {"a/b": report("a/b", rows_in=3, loaded=2, quarantined=1)})
    balance.check_files(short, truth, {"a/b": report("a/b", rows_in=3, loaded=2)})
    assert whole.balanced
    assert [check.left for check in short.broken]


def test_a_candidate_without_an_end_breaks_the_books() -> None:
    books = Books()
    balance.check_decisions(
        books, "c", {"proposed": 5, "reserved": 2, "held": 1, "suppressed": 1, "control": 1}
    )
    assert books.balanced
    balance.check_decisions(books, "d", {"proposed": 5, "reserved": 2})
    assert [check.name.split(":")[0] for check in books.broken] == ["d"]


@pytest.mark.parametrize(("sent", "wrong"), [("9", 0), ("11", 1)])
def test_advertising_after_a_no_is_counted(sent: str, wrong: int) -> None:
    truth = Truth(7, 1, date(2026, 1, 2), withdrawn={"no@x.test": 1})
    books = Books()
    mails = [mail("No@x.test", Timestamp=sent)]
    balance.check_withdrawn(books, truth, ["No@x.test"], mails, {1: 10.0}, {})
    assert [check.left for check in books.checks] == [wrong]


def test_requests_are_told_per_kind_of_work_with_what_they_were_for() -> None:
    files = [FileTruth("a/1", "a", 1), FileTruth("a/2", "a", 2)]
    truth = Truth(7, 1, date(2026, 1, 2), files=files)
    reports = {
        "a/1": report("a/1", rows_in=5, loaded=5, chunks=3),
        "a/2": report("a/2", rows_in=5, loaded=1, unchanged=4),
    }
    asked = {"files day 1": {"w": 50.0}, "files day 2": {"w": 9.0}, "cycle day 2": {"w": 3.0}}
    asked |= {"send day 1": {"w": 1.0}, "send day 2": {"w": 2.0, "r": 1.5}, "feedback": {"w": 4.0}}
    contacts = {"email": {"sent": 6, "reserved": 3}, "letter": {"sent": 1}}
    assert figures.requests(asked, reports, truth, 4, contacts, parts=2) == {
        "first_load": {"things": 5, "runs": 1 + 3, "w": 50},
        "changes": {"things": 1, "runs": 1, "w": 9},
        "cycle": {"things": 4, "runs": 2, "w": 3},
        "contacts": {"things": 7, "runs": 0, "w": 7, "r": 1.5},
    }
