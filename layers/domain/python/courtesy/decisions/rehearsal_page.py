"""A rehearsal as one HTML page with pictures (SVG inside), readable without a network."""

from collections.abc import Mapping, Sequence
from html import escape

from courtesy.decisions.rehearse import Difference, Rehearsal, Spending

_COLOURS = {
    "email": "#2f6fb0",
    "letter": "#b0622f",
    "postcard": "#d9a441",
    "sms": "#4a9a62",
    "next_contact": "#8462a8",
}
_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c2430;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.2rem}table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #dfe4ea}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
svg{max-width:100%;height:auto}text{font:12px system-ui,sans-serif;fill:#1c2430}.note{color:#5a6675;font-size:.92rem}
"""
_WIDTH, _HEIGHT, _LEFT, _BOTTOM = 760, 260, 46, 34


def rehearsal_page(rehearsal: Rehearsal, difference: Difference | None = None) -> str:
    """The whole page; `difference` adds what the draft changes against another rulebook."""
    told = rehearsal
    last = told.days[-1].day if told.days else told.first
    total = told.total
    parts = [
        f"<h1>Rehearsal of {told.first} to {last}</h1>",
        f"<p>Rulebook {_version(told.rulebook)}, {told.customers:,} customers. Nothing was sent or counted.</p>",
        _table(
            ("what", "number"),
            [
                ("candidates", f"{told.candidates:,}"),
                *((outcome, f"{number:,}") for outcome, number in told.outcomes.items()),
                ("customers with a contact", f"{told.contacted:,}"),
                ("contacts planned before that fall into these days", f"{told.waiting:,}"),
                ("contacts that arrive later", f"{told.later:,}"),
                ("cost", _money(total.cost)),
            ],
        ),
        "<h2>Contacts per day and channel</h2>",
        _days(told),
    ]
    for title, spent in (
        ("division", told.divisions),
        ("segment", told.segments),
        ("trigger", told.triggers),
        ("channel", told.channels),
    ):
        parts += [
            f"<h2>By {title}</h2>",
            _bars({name: one.contacts for name, one in spent.items()}),
            _spent(title, spent),
        ]
    parts += [
        "<h2>Rules that bind</h2>",
        '<p class="note">How often a rule held a candidate that would otherwise have had its contact; one held on five days '
        "counts five times.</p>",
        _bars(told.binding),
        "<h2>Who loses what</h2>",
        '<p class="note">Candidates that get no contact in these weeks, by the reason of their last decision.</p>',
        _table(
            ("trigger", "reason", "candidates"),
            [(t, why, f"{n:,}") for t, reasons in told.lost.items() for why, n in reasons.items()],
        ),
    ]
    if difference is not None:
        parts += _difference(difference)
    if told.left_out:
        parts.append(
            '<p class="note">Not rehearsed, because they answer to events that nobody knows beforehand: '
            f"{escape(', '.join(told.left_out))}.</p>"
        )
    body = "\n".join(parts)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Rehearsal</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n'
    )


def _difference(found: Difference) -> list[str]:
    parts = [
        f"<h2>Against rulebook {_version(found.before)}</h2>",
        f"<p>Contacts {found.contacts[0]:,} → {found.contacts[1]:,}; cost {_money(found.cost[0])} → "
        f"{_money(found.cost[1])}.</p>",
    ]
    for dimension, shifts in found.shifts.items():
        rows = [
            (name, f"{a:,}", f"{b:,}", f"{b - a:+,}", _money(d - c)) for name, (a, b, c, d) in shifts.items()
        ]
        parts.append(_table((dimension, "before", "after", "change", "change of cost"), rows))
    if found.binding:
        bound = [(rule, f"{a:,}", f"{b:,}") for rule, (a, b) in found.binding.items()]
        parts.append(_table(("rule that binds", "before", "after"), bound))
    names = sorted({*found.only_before, *found.only_after})
    if names:
        people = [(n, f"{found.only_before.get(n, 0):,}", f"{found.only_after.get(n, 0):,}") for n in names]
        parts.append(_table(("trigger", "lose their contact", "get one instead"), people))
    return parts


def _days(told: Rehearsal) -> str:
    """Stacked columns, one a day."""
    channels = sorted({channel for day in told.days for channel in day.arriving})
    most = max((sum(day.arriving.values()) for day in told.days), default=0)
    if most == 0:
        return "<p>No contact arrives in these days.</p>"
    step = (_WIDTH - _LEFT) / len(told.days)
    scale = (_HEIGHT - _BOTTOM - 12) / most
    parts = [
        f'<text x="{_LEFT - 6}" y="18" text-anchor="end">{most:,}</text>',
        f'<text x="{_LEFT - 6}" y="{_HEIGHT - _BOTTOM}" text-anchor="end">0</text>',
    ]
    for number, day in enumerate(told.days):
        x, base = _LEFT + number * step, float(_HEIGHT - _BOTTOM)
        for channel in channels:
            contacts = day.arriving.get(channel, 0)
            if contacts:
                base -= contacts * scale
                parts.append(
                    f'<rect x="{x + 1:.1f}" y="{base:.1f}" width="{step - 2:.1f}" height="{contacts * scale:.1f}" '
                    f'fill="{_COLOURS.get(channel, "#777")}"><title>{day.day} {escape(channel)}: {contacts:,}</title></rect>'
                )
        if number % 7 == 0:
            parts.append(f'<text x="{x:.1f}" y="{_HEIGHT - 14}">{day.day:%d %b}</text>')
    legend = " ".join(
        f'<span style="color:{_COLOURS.get(c, "#777")}">■</span> {escape(c)}&nbsp;' for c in channels
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" role="img" aria-label="contacts per day">'
        f"{''.join(parts)}</svg><p>{legend}</p>"
    )


def _bars(counted: Mapping[str, int]) -> str:
    """Lying bars, the longest first, twenty at most."""
    shown = sorted(counted.items(), key=lambda one: (-one[1], one[0]))[:20]
    if not shown or shown[0][1] == 0:
        return "<p>None.</p>"
    scale, height = 400 / shown[0][1], 24 * len(shown) + 4
    parts = [
        f'<text x="250" y="{24 * n + 17}" text-anchor="end">{escape(name)}</text>'
        f'<rect x="258" y="{24 * n + 4}" width="{max(number * scale, 1):.1f}" height="18" fill="#2f6fb0"/>'
        f'<text x="{264 + number * scale:.1f}" y="{24 * n + 17}">{number:,}</text>'
        for n, (name, number) in enumerate(shown)
    ]
    return f'<svg viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">{"".join(parts)}</svg>'


def _spent(title: str, spent: Mapping[str, Spending]) -> str:
    rows = [(name, f"{one.contacts:,}", _money(one.cost)) for name, one in spent.items()]
    return _table((title, "contacts", "cost"), rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>None.</p>"
    numbers = [all(row[n][:1] in "+-0123456789" for row in rows) for n in range(len(head))]

    def line(tag: str, cells: Sequence[str]) -> str:
        return "".join(
            f"<{tag}{' class=n' if number else ''}>{escape(cell)}</{tag}>"
            for cell, number in zip(cells, numbers, strict=True)
        )

    body = "".join(f"<tr>{line('td', row)}</tr>" for row in rows)
    return f"<table><tr>{line('th', head)}</tr>{body}</table>"


def _version(number: int) -> str:
    return f"version {number}" if number else "draft"


def _money(minor: int) -> str:
    """Minor units of the house's currency as a figure with two decimals."""
    return f"{minor / 100:,.2f}"
