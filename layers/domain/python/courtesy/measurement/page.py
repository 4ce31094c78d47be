"""The measurement as an HTML page: each difference with its interval as a picture, the figures in tables, fatigue as bars."""

from collections.abc import Sequence
from html import escape

from courtesy.measurement.arms import MONEY, OUTCOMES
from courtesy.measurement.fatigue import Fatigue
from courtesy.measurement.lift import Lift
from courtesy.measurement.measure import Arms, Measured

WIDTH, LINE, LEFT = 760.0, 26.0, 250.0
_COLOUR = {"more": "#1a7f37", "less": "#b00020", "not conclusive": "#777"}


def measurement_page(found: Measured) -> str:
    """The page whole."""
    sections = [
        f"<h2>{outcome.capitalize()}</h2>{_forest(found.arms, outcome)}{_table(found, outcome)}"
        for outcome in OUTCOMES
    ]
    if found.fatigue:
        sections.append(f"<h2>Fatigue</h2>{_fatigue(found.fatigue)}")
    wrong = [arms for arms in found.arms if not arms.ratio.holds]
    warning = "".join(
        f'<p class="alarm">{escape(arms.name)}: {arms.ratio.held_out:,} held out, {arms.ratio.expected:,.0f} expected '
        f"(chance {arms.ratio.chance:.2g}). Nothing is concluded from it.</p>"
        for arms in wrong
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Treated against held out</title><style>'
        "body{font-family:sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;margin:1rem 0}"
        "td,th{padding:.2rem .7rem;border-bottom:1px solid #ccc;text-align:right}td:first-child,th:first-child{text-align:left}"
        ".alarm{color:#b00020}</style></head><body>"
        f"<h1>Treated against held out, as of {escape(found.as_of)}</h1><p>{_whose(found)}; "
        f"what came within {found.horizon} days of the first decision; differences with their 95 % interval. "
        "Grey: not conclusive.</p>"
        f"{warning}{''.join(sections)}</body></html>\n"
    )


def _forest(arms: Sequence[Arms], outcome: str) -> str:
    rows = [(one.name, lift) for one in arms if (lift := one.outcomes[outcome]) is not None]
    if not rows:
        return "<p>Nobody to compare.</p>"
    reach = max(max(abs(lift.low), abs(lift.high)) for _, lift in rows) or 1.0
    middle = LEFT + (WIDTH - LEFT) / 2
    scale = (WIDTH - LEFT - 20) / 2 / reach
    height = LINE * len(rows) + 10
    parts = [
        f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="0" y2="{height:.1f}" stroke="#999" stroke-dasharray="3 3"/>'
    ]
    for number, (name, lift) in enumerate(rows):
        y, colour = LINE * (number + 0.7), _COLOUR[lift.word]
        low, at, high = (middle + scale * value for value in (lift.low, lift.difference, lift.high))
        parts.append(
            f'<text x="{LEFT - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{escape(name)}</text>'
            f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{colour}" stroke-width="3"/>'
            f'<circle cx="{at:.1f}" cy="{y:.1f}" r="5" fill="{colour}"><title>{escape(name)}: {_shown(lift.difference, outcome)}'
            f"</title></circle>"
        )
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {height:.0f}" role="img" aria-label="differences in {outcome}" font-family="sans-serif" '
        f'font-size="13">{"".join(parts)}</svg>'
    )


def _table(found: Measured, outcome: str) -> str:
    rows = "".join(_row(arms, arms.outcomes[outcome], outcome) for arms in found.arms)
    unit = f" ({escape(found.currency)} a customer)" if outcome in MONEY else ""
    return (
        f"<table><thead><tr><th>who</th><th>treated</th><th>held out</th><th>with{unit}</th><th>without</th><th>difference</th>"
        f"<th>interval</th><th>verdict</th></tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(arms: Arms, lift: Lift | None, outcome: str) -> str:
    head = f"<tr><td>{escape(arms.name)}</td><td>{arms.ratio.treated:,}</td><td>{arms.ratio.held_out:,}</td>"
    if lift is None:
        return f'{head}<td colspan="4"></td><td>nobody to compare with</td></tr>'
    figures = (lift.treated, lift.held_out, lift.difference)
    shown = "".join(f"<td>{_shown(figure, outcome)}</td>" for figure in figures)
    verdict = f"{lift.word}: {escape(lift.why)}" if lift.why else lift.word
    return f"{head}{shown}<td>{_shown(lift.low, outcome)} to {_shown(lift.high, outcome)}</td><td>{verdict}</td></tr>"


def _shown(figure: float, outcome: str) -> str:
    return f"{figure / 100:,.2f}" if outcome in MONEY else f"{figure:.2%}"


def _fatigue(rows: Sequence[Fatigue]) -> str:
    parts = []
    for days in sorted({row.days for row in rows}):
        body = "".join(
            f"<tr><td>{escape(row.segment)}</td><td>{row.contacts}</td><td>{row.customers:,}</td>"
            f"<td>{row.responded / row.customers:.1%}</td><td>{row.opted_out / row.customers:.1%} {_bar(row)}</td></tr>"
            for row in rows
            if row.days == days
        )
        parts.append(
            f"<h3>Contacts in the {days} days before</h3><table><thead><tr><th>segment</th><th>contacts</th><th>customers</th>"
            f"<th>responded</th><th>opted out</th></tr></thead><tbody>{body}</tbody></table>"
        )
    return "".join(parts)


def _bar(row: Fatigue) -> str:
    width = min(120.0, 1200 * row.opted_out / row.customers)
    return f'<svg width="120" height="10"><rect width="{width:.1f}" height="10" fill="#b00020"/></svg>'


def _whose(found: Measured) -> str:
    """Whose decisions were looked at."""
    events = f"{found.events} decisions on single events"
    return f"{len(found.cycles)} cycles from {escape(found.cycles[0])}, {events}" if found.cycles else events
