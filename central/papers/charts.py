"""Charts as SVG text, the same for a page and for paper: whole numbers in, one string out.

A chart knows nothing of rooms, languages or databases: every word on it is given. Colours stand as presentation attributes, so
that a chart is complete on its own (paper); a page's stylesheet overrides them by class (dark, print). No script, no style
attribute: the content security policy of the pages forbids both.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 54, 8, 34, 34
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
FOOT = HEIGHT - 12
"""Where the labels of the columns stand. The newest one ends at the edge, so that large type is not cut off."""
BAR_SHARE = 0.72
"""Of a column's width; the rest is air."""
LABELS_AT_MOST = 8
"""Along the foot: as many as a phone shows without overlap."""
SHARE_WIDTH, SHARE_HEIGHT = 300, 8


@dataclass(frozen=True)
class Column:
    """One bar: its label at the foot, its value in whole units (None: nothing was measured), the words shown when pointed at."""

    label: str
    value: int | None
    hint: str
    unfinished: bool = False
    """The interval is still running; drawn paler."""


@dataclass(frozen=True)
class Axis:
    """The upright axis: its words, and how many whole units make one step of its scale (1000 for Wh shown as kWh)."""

    title: str
    whole_units_per_shown: int


@dataclass(frozen=True)
class Part:
    """One part of a whole, with the class name that colours it on a page and the colour it has on paper."""

    css_class: str
    colour: str
    count: int
    hint: str


def column_chart(
    chart_id: str, title: str, description: str, columns: Sequence[Column], axis: Axis
) -> SafeString:
    """Draw columns over a labelled scale. `chart_id` must be unique in its page; negative values are drawn as zero."""
    top_value, ticks = _scale(max((column.value or 0 for column in columns), default=0), axis)
    return format_html(
        '<svg class="chart" role="img" viewBox="0 0 {} {}" aria-labelledby="{}-title {}-desc" font-size="12">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        '<text x="{}" y="14" fill="#545c61">{}</text>{}{}{}</svg>',
        WIDTH, HEIGHT, chart_id, chart_id, chart_id, title, chart_id, description,
        2, axis.title,
        _grid(ticks, top_value, axis), _bars(columns, top_value), _foot(columns),
    )  # fmt: skip


def share_bar(chart_id: str, title: str, parts: Sequence[Part]) -> SafeString:
    """Draw one bar split by the parts' counts; a part above zero is never thinner than the eye can see."""
    total = sum(part.count for part in parts) or 1
    visible = [part for part in parts if part.count]
    widths = [max(part.count * SHARE_WIDTH / total, 4.0) for part in visible]
    squeeze = SHARE_WIDTH / sum(widths) if widths else 1.0
    rectangles, x = [], 0.0
    for part, width in zip(visible, widths, strict=True):
        rectangles.append(
            (part.css_class, part.colour, f"{x:.1f}", f"{width * squeeze:.1f}", SHARE_HEIGHT, part.hint)
        )
        x += width * squeeze
    return format_html(
        '<svg class="share" role="img" preserveAspectRatio="none" viewBox="0 0 {} {}" aria-labelledby="{}-title">'
        '<title id="{}-title">{}</title>{}</svg>',
        SHARE_WIDTH, SHARE_HEIGHT, chart_id, chart_id, title,
        format_html_join(
            "",
            '<rect class="{}" fill="{}" x="{}" y="0" width="{}" height="{}"><title>{}</title></rect>',
            rectangles,
        ),
    )  # fmt: skip


def _scale(highest: int, axis: Axis) -> tuple[int, list[int]]:
    """Give the scale's top and its ticks, in whole units: three to six steps of 1, 2 or 5 times a power of ten."""
    smallest_step = max(1, axis.whole_units_per_shown // 100)
    highest = max(highest, smallest_step)
    step = smallest_step
    while highest > step * 5:
        step = _next_step(step, smallest_step)
    top_value = -(-highest // step) * step
    return top_value, list(range(0, top_value + 1, step))


def _next_step(step: int, smallest: int) -> int:
    """1 -> 2 -> 5 -> 10 -> 20 ... times the smallest."""
    leading = int(str(step // smallest)[0])
    return step * 5 // 2 if leading == 2 else step * 2


def _y(value: int, top_value: int) -> float:
    return TOP + PLOT_HEIGHT * (1 - value / top_value)


def _shown(value: int, ticks: Sequence[int], axis: Axis) -> str:
    """Show a tick with as many decimals as its step needs."""
    step = ticks[1] if len(ticks) > 1 else axis.whole_units_per_shown
    for decimals in range(3):
        if step * 10**decimals % axis.whole_units_per_shown == 0:
            return f"{value / axis.whole_units_per_shown:.{decimals}f}"
    return f"{value / axis.whole_units_per_shown:.2f}"


def _grid(ticks: Sequence[int], top_value: int, axis: Axis) -> SafeString:
    rows = [(f"{_y(tick, top_value):.1f}", tick) for tick in ticks]
    lines = format_html_join(
        "",
        '<line class="{}" stroke="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>',
        [
            ("grid" if tick else "axis", "#e0dbcf" if tick else "#948d7d", LEFT, WIDTH - RIGHT, y, y)
            for y, tick in rows
        ],
    )
    labels = format_html_join(
        "",
        '<text x="{}" y="{}" dy="4" text-anchor="end" fill="#545c61">{}</text>',
        [(LEFT - 7, y, _shown(tick, ticks, axis)) for y, tick in rows],
    )
    return format_html("{}{}", lines, labels)


def _bars(columns: Sequence[Column], top_value: int) -> SafeString:
    pitch = PLOT_WIDTH / max(1, len(columns))
    rectangles = []
    for index, column in enumerate(columns):
        x = LEFT + pitch * (index + (1 - BAR_SHARE) / 2)
        y = _y(max(0, column.value or 0), top_value)
        kind, colour = ("bar now", "#93c5b6") if column.unfinished else ("bar", "#2c8a77")
        if column.value is None:
            kind, colour, y = "gap", "#dcd7ca", TOP + PLOT_HEIGHT - 3.0
        height = TOP + PLOT_HEIGHT - y
        rectangles.append(
            (kind, colour, f"{x:.1f}", f"{y:.1f}", f"{pitch * BAR_SHARE:.1f}", f"{height:.1f}", column.hint)
        )
    return format_html_join(
        "",
        '<rect class="{}" fill="{}" x="{}" y="{}" width="{}" height="{}" rx="1.5"><title>{}</title></rect>',
        rectangles,
    )


def _foot(columns: Sequence[Column]) -> SafeString:
    """Label every n-th column, counted from the newest, which always has its label."""
    pitch = PLOT_WIDTH / max(1, len(columns))
    every = max(1, -(-len(columns) // LABELS_AT_MOST))
    labelled = [index for index in range(len(columns)) if (len(columns) - 1 - index) % every == 0]
    newest = len(columns) - 1
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}" fill="#545c61">{}</text>',
        [
            (f"{LEFT + pitch * (i + 0.5):.1f}", FOOT, "middle", columns[i].label)
            if i < newest
            else (WIDTH - 1, FOOT, "end", columns[i].label)
            for i in labelled
        ],
    )
