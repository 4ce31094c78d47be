"""`courtesy show`: everything that is known of one customer, and where each value came from."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import orjson
import typer

from courtesy.timeline.events import Event, kind_of
from courtesy.timeline.profile import Profile, encode_profile
from courtesy_local.cli.output import OK, JsonFlag, console, show_json, table


def register(app: typer.Typer) -> None:
    """Add `show` to the command."""

    @app.command()
    def show(
        customer: Annotated[str, typer.Argument(help="Customer id, e.g. as `courtesy demo` prints some.")],
        as_json: JsonFlag = False,
        events: Annotated[int, typer.Option(help="How many of the newest events to list.")] = 15,
    ) -> int:
        """Show one customer from all sides.

        Example: courtesy show c5xkq3jt7w2m4n6p8r0s2t4v6y
        """
        from courtesy_local.demo.works import Works

        works = Works.open()
        profile = works.profile(customer)
        timeline = works.timeline(profile.customer_id)
        if as_json:
            held = orjson.loads(encode_profile(profile))
            show_json({"profile": held, "events": [_line(event) for event in _newest(timeline, events)]})
        else:
            show_profile(profile, timeline, events)
        return OK


def show_profile(profile: Profile, timeline: list[Event], events: int) -> None:
    """The customer's page in text."""
    console.print(
        f"[bold]{profile.customer_id}[/]  made of {profile.records} source records",
        highlight=False,
        markup=True,
    )
    table(
        "\nWho",
        ("field", "value", "from", "record", "as of"),
        [(field, k.value, k.source, k.record, f"{k.when:%Y-%m-%d}") for field, k in profile.values.items()],
    )
    if profile.places:
        table(
            "\nSegments",
            ("division", "lifecycle", "sub-segment", "value tier", "RFM", "value", "since"),
            [
                (
                    p.division,
                    p.lifecycle,
                    p.sub_segment,
                    p.value_tier,
                    p.scores,
                    f"{p.value / 100:,.0f}",
                    f"{p.since:%Y-%m-%d}",
                )
                for p in profile.places.values()
            ],
            right=(5,),
        )
    if profile.ledgers:
        table(
            "\nPurchases",
            ("division", "times", "amount", "last", "dealer"),
            [
                (
                    division,
                    sum(o.purchases for o in ledger.occasions),
                    f"{sum(o.amount for o in ledger.occasions) / 100:,.2f}",
                    _day(ledger.occasions[-1].day) if ledger.occasions else "",
                    ledger.dealer,
                )
                for division, ledger in profile.ledgers.items()
            ],
            right=(1, 2),
        )
    if profile.assets:
        table(
            "\nAssets",
            ("division", "type", "model", "status", "ends"),
            [
                (a.division, a.type, a.model, a.status, f"{a.ends:%Y-%m-%d}" if a.ends else "")
                for a in profile.assets
            ],
        )
    if profile.cases:
        table(
            "\nCases",
            ("division", "type", "status", "nature", "opened"),
            [(c.division, c.type, c.status, c.nature, f"{c.opened:%Y-%m-%d}") for c in profile.cases],
        )
    if profile.permissions:
        table(
            "\nPermissions",
            ("purpose", "channel", "division", "status", "since", "proof"),
            [
                (p.purpose, p.channel, p.division, p.status, f"{p.when:%Y-%m-%d}", p.proof)
                for p in profile.permissions
            ],
        )
    if profile.contacts:
        table(
            "\nContacts",
            ("when", "channel", "trigger", "division", "state", "counts"),
            [
                (
                    f"{c.at:%Y-%m-%d %H:%M}",
                    c.channel,
                    c.trigger,
                    c.division,
                    c.state,
                    "yes" if c.counts else "no",
                )
                for c in profile.contacts
            ],
        )
    newest = _newest(timeline, events)
    table(f"\nTimeline, newest {len(newest)} of {len(timeline)}", ("when", "kind", "source", "id"), [
        (line["when"], line["kind"], line["source"], line["id"]) for line in map(_line, newest)
    ])  # fmt: skip


def _newest(timeline: list[Event], number: int) -> list[Event]:
    return sorted(timeline, key=lambda event: event.when, reverse=True)[:number]


def _line(event: Event) -> dict[str, str]:
    return {
        "when": f"{event.when:%Y-%m-%d %H:%M}",
        "kind": kind_of(event),
        "source": event.source,
        "id": event.id,
    }


def _day(number: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=number)).date().isoformat()
