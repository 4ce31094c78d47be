"""`courtesy balance`: the books of what is installed now: rows, decisions, contacts, queues."""

import typer

from courtesy.decisions.log import cycles_in
from courtesy_local.cli.output import OK, PROBLEM, JsonFlag, console, show_json, table
from courtesy_local.demo import figures
from courtesy_local.demo.balance import Books, check_decisions, check_mail
from courtesy_local.demo.works import Works


def register(app: typer.Typer) -> None:
    """Add `balance` to the command."""

    @app.command()
    def balance(as_json: JsonFlag = False) -> int:
        """Check that every row, candidate, contact and mail is accounted for. Ends with 1 if something is not.

        Example: courtesy balance
        """
        books = keep_books(Works.open())
        checks = [
            {"check": c.name, "holds": c.holds, "left": str(c.left), "right": str(c.right)}
            for c in books.checks
        ]
        if as_json:
            show_json({"balanced": books.balanced, "checks": checks})
        else:
            shown = [
                (c.name, "holds" if c.holds else f"{c.left} is not {c.right}"[:160]) for c in books.checks
            ]
            table("", ("check", "result"), shown)
            console.print("The books balance." if books.balanced else "The books do not balance.")
        return OK if books.balanced else PROBLEM


def keep_books(works: Works) -> Books:
    """The books of everything that the installation did so far."""
    books = Books()
    for report in works.reports():
        ends = report.loaded + report.unchanged + report.quarantined
        books.equal(f"{report.key}: rows in = loaded + unchanged + quarantined", report.rows_in, ends)
    by_cycle = []
    for cycle_id in cycles_in(works.lake_list("decisions/")):
        by_cycle.append(figures.cycle_decisions(works, cycle_id))
        check_decisions(books, cycle_id, by_cycle[-1])
    by_event = figures.event_decisions(works)
    check_decisions(books, "events", by_event)
    contacts = [contact for _, contact in works.contacts()]
    reserved = sum(counted["reserved"] for counted in [*by_cycle, by_event])
    books.equal("reserved decisions = contacts on timelines", reserved, len(contacts))
    check_mail(books, contacts, works.stack.sent_mail())
    books.equal("messages given up by queues", works.stack.dead_letters(), {})
    return books
