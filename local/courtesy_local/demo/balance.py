"""The books of a run: what must be equal, and whether it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from courtesy.intake.report import FileReport
from courtesy.outcomes import ContactState, FileOutcome
from courtesy.timeline.events import Contact
from courtesy_local.samples.truth import FileTruth, Truth

LEFT = frozenset(
    {
        ContactState.SENT,
        ContactState.DELIVERED,
        ContactState.BOUNCED,
        ContactState.COMPLAINED,
        ContactState.RETURNED,
    }
)
"""States of a contact that has left the house."""


@dataclass(frozen=True)
class Check:
    """One equality of the books. `left` and `right` are what was compared."""

    name: str
    left: object
    right: object

    @property
    def holds(self) -> bool:
        """Whether both sides are equal."""
        return self.left == self.right


@dataclass
class Books:
    """All checks of a run, in the order in which they were made."""

    checks: list[Check] = field(default_factory=list)

    def equal(self, name: str, left: object, right: object) -> None:
        """Note that these two must be equal."""
        self.checks.append(Check(name, left, right))

    @property
    def balanced(self) -> bool:
        """Whether every check holds."""
        return all(check.holds for check in self.checks)

    @property
    def broken(self) -> list[Check]:
        """The checks that do not hold."""
        return [check for check in self.checks if not check.holds]


def check_files(books: Books, truth: Truth, reports: Mapping[str, FileReport]) -> None:
    """Every row of every file has one end, and the ends are those that the generator knows."""
    for file in truth.files:
        report = reports[file.key]
        books.equal(f"{file.key}: rows in = loaded + unchanged + quarantined", report.rows_in, _ends(report))
        books.equal(f"{file.key}: ends as the generator knows", _found(report), _known(file))
    told = list(reports.values())
    books.equal("rows in all files", sum(report.rows_in for report in told), truth.rows)
    books.equal(
        "rows in = loaded + unchanged + quarantined", sum(r.rows_in for r in told), sum(map(_ends, told))
    )


def check_decisions(books: Books, cycle: str, decisions: Mapping[str, int]) -> None:
    """Each candidate ended in one way."""
    ends = sum(decisions.get(end, 0) for end in ("reserved", "held", "suppressed", "control"))
    books.equal(
        f"{cycle}: proposed = reserved + held + suppressed + control", decisions.get("proposed", 0), ends
    )


def check_report(books: Books, cycle: str, decisions: Mapping[str, int], report: Mapping[str, Any]) -> None:
    """What the cycle reported of its decisions is what its log holds."""
    told = report.get("decisions", {})
    names = ("proposed", "reserved", "held", "suppressed", "control")
    books.equal(f"{cycle}: report = log", {n: told.get(n) for n in names}, {n: decisions[n] for n in names})


def check_mail(books: Books, contacts: Iterable[Contact], messages: Iterable[Mapping[str, Any]]) -> None:
    """The mails that SES has are those that contacts say they sent, one each."""
    sent = sorted(c.provider_id for c in contacts if c.channel == "email" and c.state in LEFT)
    held = sorted(str(message["MessageId"]) for message in messages)
    books.equal("mails at SES = e-mail contacts sent", len(held), len(sent))
    books.equal("each mail at SES is one contact's", held, sent)


def check_withdrawn(
    books: Books,
    truth: Truth,
    marketing: Iterable[str],
    messages: Iterable[Mapping[str, Any]],
    loaded: Mapping[int, float],
    unsubscribed: Mapping[str, float],
) -> None:
    """No advertising went to anybody after the file or the click in which they said no.

    marketing: message ids of advertising; loaded: day -> when its files had been loaded; unsubscribed: address -> when
    """
    advertising = frozenset(marketing)
    said_no = {address: loaded[day] for address, day in truth.withdrawn.items() if day in loaded} | dict(
        unsubscribed
    )
    wrong = 0
    for message in messages:
        if message["MessageId"] not in advertising:
            continue
        for address in message["To"]:
            since = said_no.get(address.lower())
            wrong += since is not None and float(message["Timestamp"]) > since
    books.equal("advertising sent to people who had said no", wrong, 0)


def _ends(report: FileReport) -> int:
    return report.loaded + report.unchanged + report.quarantined


def _found(report: FileReport) -> tuple[object, ...]:
    ended = {FileOutcome.REFUSED: report.reason, FileOutcome.REPEATED: "repeated"}.get(report.outcome, "")
    return (str(ended), report.rows_in, report.loaded, report.unchanged, report.quarantined)


def _known(file: FileTruth) -> tuple[object, ...]:
    return (file.refused, file.rows, file.loaded, file.unchanged, file.quarantined)
