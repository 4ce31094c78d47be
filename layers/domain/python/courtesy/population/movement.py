"""Movements between the segments of two dates: counts and value, and a Sankey picture of them as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from courtesy.population.documents import connect
from courtesy.population.report import SEGMENT

HEIGHT, WIDTH, BAR, GAP = 420.0, 760.0, 14.0, 10.0
NOBODY = "not there"
"""Where those stand who are in one of the two dates' segments only."""


@dataclass(frozen=True)
class Flow:
    """Customers of a division between two segments; value: their expected value on the later date, minor units."""

    division: str
    before: str
    after: str
    customers: int
    value: int


def flows_between(earlier: Sequence[Path], later: Sequence[Path], folder: Path) -> list[Flow]:
    """Who was where and is where, from the segments files of two cycles; `folder` is for spilling."""
    connection = connect(folder)
    for name, paths in (("earlier", earlier), ("later", later)):
        files = ", ".join(f"'{path.as_posix()}'" for path in paths)
        connection.execute(
            f"CREATE TEMP TABLE {name} AS SELECT customer_id, division, {SEGMENT} AS segment, expected_value FROM read_parquet([{files}])"
        )
    rows = connection.execute(f"""
        SELECT coalesce(l.division, e.division), coalesce(e.segment, '{NOBODY}'), coalesce(l.segment, '{NOBODY}'),
               count(*)::BIGINT, coalesce(sum(l.expected_value), 0)::BIGINT
        FROM earlier e FULL JOIN later l ON e.customer_id = l.customer_id AND e.division = l.division
        GROUP BY ALL ORDER BY ALL""").fetchall()
    connection.close()
    return [Flow(*row) for row in rows]


def moved_share(flows: Sequence[Flow]) -> float:
    """Of those present on both dates, the share whose segment is another."""
    both = [flow for flow in flows if NOBODY not in (flow.before, flow.after)]
    total = sum(flow.customers for flow in both)
    return sum(flow.customers for flow in both if flow.before != flow.after) / total if total else 0.0


def sankey(flows: Sequence[Flow]) -> str:
    """The flows of one division as SVG: segments of the earlier date on the left, of the later on the right."""
    total = sum(flow.customers for flow in flows)
    if not total:
        return ""
    left = sorted({flow.before for flow in flows})
    right = sorted({flow.after for flow in flows})
    names = sorted({*left, *right})
    scale = (HEIGHT - GAP * max(len(left), len(right))) / total
    starts = _stacked(left, {n: sum(f.customers for f in flows if f.before == n) for n in left}, scale)
    ends = _stacked(right, {n: sum(f.customers for f in flows if f.after == n) for n in right}, scale)
    from_y, to_y = {n: y for n, (y, _) in starts.items()}, {n: y for n, (y, _) in ends.items()}
    parts = []
    x0, x1 = 150 + BAR, WIDTH - 150 - BAR
    for flow in sorted(flows, key=lambda f: (f.before, f.after)):
        thick = flow.customers * scale
        y0, y1 = from_y[flow.before] + thick / 2, to_y[flow.after] + thick / 2
        from_y[flow.before] += thick
        to_y[flow.after] += thick
        middle = (x0 + x1) / 2
        parts.append(
            f'<path d="M{x0:.1f},{y0:.1f} C{middle:.1f},{y0:.1f} {middle:.1f},{y1:.1f} {x1:.1f},{y1:.1f}" fill="none" '
            f'stroke="{_colour(names.index(flow.before), len(names))}" stroke-opacity="0.4" stroke-width="{max(thick, 0.5):.2f}">'
            f"<title>{escape(flow.before)} to {escape(flow.after)}: {flow.customers}</title></path>"
        )
    for side, x, anchor, text_x in ((starts, 150.0, "end", 144.0), (ends, x1, "start", x1 + BAR + 6)):
        for name, (y, height) in side.items():
            parts.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{BAR}" height="{max(height, 1):.1f}" '
                f'fill="{_colour(names.index(name), len(names))}"/><text x="{text_x:.1f}" y="{y + height / 2 + 4:.1f}" '
                f'text-anchor="{anchor}">{escape(name)} {round(height / scale):,}</text>'
            )
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" aria-label="movements between segments" '
        f'font-family="sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def _stacked(names: Sequence[str], sizes: dict[str, int], scale: float) -> dict[str, tuple[float, float]]:
    at, placed = 0.0, {}
    for name in names:
        placed[name] = (at, sizes[name] * scale)
        at += sizes[name] * scale + GAP
    return placed


def _colour(number: int, of: int) -> str:
    return f"hsl({360 * number // max(of, 1)},55%,45%)"


def movement_page(flows: Sequence[Flow], earlier: str, later: str, drift_alarm: float) -> str:
    """An HTML page with a picture and a table per division; a division that drifted above the limit is marked."""
    sections = []
    for division in sorted({flow.division for flow in flows}, key=lambda name: (name != "corporate", name)):
        own = [flow for flow in flows if flow.division == division]
        share = moved_share(own)
        alarm = ' <strong class="alarm">above the alarm</strong>' if share > drift_alarm else ""
        rows = "".join(
            f"<tr><td>{escape(f.before)}</td><td>{escape(f.after)}</td><td>{f.customers:,}</td><td>{f.value / 100:,.2f}</td></tr>"
            for f in sorted(own, key=lambda f: (-f.customers, f.before, f.after))
            if f.before != f.after
        )
        sections.append(
            f"<h2>{escape(division)}</h2><p>{share:.1%} of those present on both dates went to another segment{alarm}.</p>"
            f"{sankey(own)}<table><thead><tr><th>from</th><th>to</th><th>customers</th><th>expected value</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Movements between segments</title><style>'
        "body{font-family:sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}"
        "td,th{padding:.2rem .8rem;border-bottom:1px solid #ccc;text-align:left}td:nth-child(n+3){text-align:right}"
        ".alarm{color:#b00}</style></head><body>"
        f"<h1>Movements between segments, {escape(earlier)} to {escape(later)}</h1>{''.join(sections)}</body></html>\n"
    )
