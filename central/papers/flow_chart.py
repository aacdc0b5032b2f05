"""A flow as SVG text: from one bar on the left to its parts on the right, each as thick as what it carries. Words are given."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, LABEL_X, BAR, TOP = 640, 298, 16, 8
FROM_X, TO_X = 130, 286
THICK = 200
"""The whole, in units of the picture."""
LEAST, PITCH = 2.0, 20
"""The thinnest stream, and the least distance of two labels."""
COLOURS = {"subs": "#2c8a77", "own": "#5b7ea6", "tech": "#948d7d", "lost": "#b3261b"}


@dataclass(frozen=True)
class Stream:
    """One part: its class (one of COLOURS), its name, its amount in whole units, and the amount in words."""

    css_class: str
    name: str
    amount: int
    said: str


def flow_chart(
    chart_id: str, title: str, description: str, source: Stream, streams: Sequence[Stream]
) -> SafeString:
    """Draw where a whole goes. `chart_id` must be unique in its page; a part of zero or less has a label and no stream."""
    whole = max(source.amount, sum(max(0, one.amount) for one in streams), 1)
    widths = [max(LEAST, one.amount * THICK / whole) if one.amount > 0 else 0.0 for one in streams]
    pitch = [max(PITCH, width + 6) for width in widths]
    height = round(TOP * 2 + max(sum(pitch), sum(widths)))
    left = (height - sum(widths)) / 2
    return format_html(
        '<svg class="chart flow" role="img" viewBox="0 0 {} {}" aria-labelledby="{}-title {}-desc" font-size="13">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        '<rect class="source" fill="#545c61" x="{}" y="{}" width="{}" height="{}"/>'
        '<text x="{}" y="{}" text-anchor="end" fill="#1c2226">{}</text>'
        '<text x="{}" y="{}" text-anchor="end" fill="#545c61">{}</text>{}</svg>',
        WIDTH, height, chart_id, chart_id, chart_id, title, chart_id, description,
        FROM_X - BAR, f"{left:.1f}", BAR, f"{sum(widths):.1f}",
        FROM_X - BAR - 8, height // 2 - 3, source.name,
        FROM_X - BAR - 8, height // 2 + 14, source.said,
        _streams(streams, widths, pitch, left),
    )  # fmt: skip


def _streams(
    streams: Sequence[Stream], widths: Sequence[float], pitch: Sequence[float], left: float
) -> SafeString:
    rows, at, right = [], left, float(TOP)
    for one, width, step in zip(streams, widths, pitch, strict=True):
        middle = right + step / 2
        rows.append(
            (
                one.css_class,
                COLOURS[one.css_class],
                _band(at, middle - width / 2, width) if width else "",
                LABEL_X,
                f"{middle + 4:.1f}",
                one.name,
                one.said,
            )
        )
        at += width
        right += step
    return format_html_join(
        "",
        '<path class="{}" fill="{}" d="{}"/><text x="{}" y="{}" fill="#1c2226">{} '
        '<tspan fill="#545c61">{}</tspan></text>',
        rows,
    )


def _band(from_y: float, to_y: float, width: float) -> str:
    bend = (FROM_X + TO_X) / 2
    return (
        f"M{FROM_X} {from_y:.1f}C{bend} {from_y:.1f} {bend} {to_y:.1f} {TO_X} {to_y:.1f}"
        f"v{width:.1f}C{bend} {to_y + width:.1f} {bend} {from_y + width:.1f} {FROM_X} {from_y + width:.1f}z"
    )
