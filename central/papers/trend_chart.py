"""A trend as SVG text: bars that may fall below zero, a line of what is allowed, one of what is usual with its band; small ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 250, 54, 8, 34, 30
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
LABELS_AT_MOST = 8
SPARK_WIDTH, SPARK_HEIGHT = 120, 26


@dataclass(frozen=True)
class Step:
    """One interval: its label, the words shown when pointed at, and its whole figures; None: not known."""

    label: str
    hint: str
    value: int | None
    allowed: int | None = None
    usual: int | None = None
    band: int = 0
    marked: bool = False
    """Beyond a rule: drawn as such."""


def trend_chart(
    chart_id: str, title: str, description: str, steps: Sequence[Step], axis: str, whole_units_per_shown: int
) -> SafeString:
    """Draw a trend. `chart_id` must be unique in its page; the axis has its words, and how many whole units make one shown."""
    low, high, ticks = _scale(steps, whole_units_per_shown)

    def y(value: float) -> float:
        return TOP + PLOT_HEIGHT * (high - value) / (high - low)

    return format_html(
        '<svg class="chart trend" role="img" viewBox="0 0 {} {}" aria-labelledby="{}-title {}-desc" font-size="12">'
        '<title id="{}-title">{}</title><desc id="{}-desc">{}</desc>'
        '<text x="2" y="14" fill="#545c61">{}</text>{}{}{}{}{}{}</svg>',
        WIDTH, HEIGHT, chart_id, chart_id, chart_id, title, chart_id, description, axis,
        _grid(ticks, whole_units_per_shown, y), _band(steps, y), _bars(steps, y),
        _line("allowed", "#a1231a", [one.allowed for one in steps], y),
        _line("usual", "#28527c", [one.usual for one in steps], y), _foot(steps),
    )  # fmt: skip


def sparkline(title: str, values: Sequence[int | None]) -> SafeString:
    """Draw a line of a few figures around zero, without a scale; gaps are gaps."""
    known = [value for value in values if value is not None]
    if not known:
        return SafeString("")
    low, high = min(0, *known), max(1, *known)

    def y(value: float) -> float:
        return 2 + (SPARK_HEIGHT - 4) * (high - value) / (high - low)

    pitch = SPARK_WIDTH / max(1, len(values) - 1)
    points = [None if value is None else (place * pitch, y(value)) for place, value in enumerate(values)]
    return format_html(
        '<svg class="spark" role="img" viewBox="0 0 {} {}" aria-label="{}"><path class="axis" stroke="#948d7d" d="M0 {}h{}"/>'
        '<path class="line" fill="none" stroke="#2c8a77" stroke-width="1.5" d="{}"/></svg>',
        SPARK_WIDTH, SPARK_HEIGHT, title, _at(y(0)), SPARK_WIDTH, _path(points),
    )  # fmt: skip


def _scale(steps: Sequence[Step], unit: int) -> tuple[int, int, list[int]]:
    """Give the scale's ends and its ticks: steps of 1, 2 or 5 times a power of ten, zero among them."""
    figures = [0]
    for one in steps:
        figures += [one.value or 0, one.allowed or 0]
        if one.usual is not None:
            figures += [one.usual + one.band]
    least = max(1, unit // 100)
    step, factor = least, 0
    span = max(max(figures) - min(figures), least)
    while span > step * 5:
        factor += 1
        step = least * (1, 2, 5)[factor % 3] * 10 ** (factor // 3)
    low, high = min(figures) // step * step, -(-max(figures) // step) * step
    high = max(high, low + step)
    return low, high, list(range(low, high + 1, step))


def _x(place: int, steps: Sequence[Step]) -> float:
    return LEFT + PLOT_WIDTH / max(1, len(steps)) * (place + 0.5)


def _grid(ticks: Sequence[int], unit: int, y: Callable[[float], float]) -> SafeString:
    step = ticks[1] - ticks[0]
    decimals = next((n for n in range(3) if step * 10**n % unit == 0), 2)
    return format_html_join(
        "",
        '<line class="{}" stroke="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text x="{}" y="{}" dy="4" text-anchor="end" fill="#545c61">{}</text>',
        [
            ("grid" if tick else "axis", "#e0dbcf" if tick else "#948d7d", LEFT, WIDTH - RIGHT, _at(y(tick)), _at(y(tick)),
             LEFT - 7, _at(y(tick)), f"{tick / unit:.{decimals}f}")
            for tick in ticks
        ],
    )  # fmt: skip


def _bars(steps: Sequence[Step], y: Callable[[float], float]) -> SafeString:
    wide = PLOT_WIDTH / max(1, len(steps)) * 0.66
    rows = []
    for place, one in enumerate(steps):
        kind, colour = ("bar lost", "#b3261b") if one.marked else ("bar", "#2c8a77")
        top, foot = (
            (y(max(0, one.value)), y(min(0, one.value))) if one.value is not None else (y(0) - 3, y(0))
        )
        if one.value is None:
            kind, colour = "gap", "#dcd7ca"
        sizes = (_x(place, steps) - wide / 2, top, wide, max(1.0, foot - top))
        rows.append((kind, colour, *map(_at, sizes), one.hint))
    return format_html_join(
        "",
        '<rect class="{}" fill="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        rows,
    )


def _band(steps: Sequence[Step], y: Callable[[float], float]) -> SafeString:
    """The band of the usual, one shape for each stretch in which it is known."""
    shapes = []
    for known, stretch in groupby(enumerate(steps), key=lambda one: one[1].usual is not None):
        if known:
            found = [(_x(place, steps), one.usual or 0, one.band) for place, one in stretch]
            upper = [f"{x:.1f} {y(usual + band):.1f}" for x, usual, band in found]
            lower = [f"{x:.1f} {y(usual - band):.1f}" for x, usual, band in reversed(found)]
            shapes.append(("M" + "L".join([*upper, *lower]) + "z",))
    return format_html_join("", '<path class="band" fill="#e3ecf5" d="{}"/>', shapes)


def _line(kind: str, colour: str, values: Sequence[int | None], y: Callable[[float], float]) -> SafeString:
    pitch = PLOT_WIDTH / max(1, len(values))
    points = [
        None if value is None else (LEFT + pitch * (place + 0.5), y(value))
        for place, value in enumerate(values)
    ]
    return format_html(
        '<path class="{}" fill="none" stroke="{}" stroke-width="1.6" d="{}"/>', kind, colour, _path(points)
    )


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    """Join points; one that is not known breaks the line, one that stands alone is drawn as a dash."""
    said, is_drawing = [], False
    for place, point in enumerate(points):
        if point is None:
            is_drawing = False
            continue
        said.append(f"{'L' if is_drawing else 'M'}{point[0]:.1f} {point[1]:.1f}")
        alone = not is_drawing and (place + 1 == len(points) or points[place + 1] is None)
        said += ["h3"] if alone else []
        is_drawing = True
    return "".join(said)


def _foot(steps: Sequence[Step]) -> SafeString:
    every = max(1, -(-len(steps) // LABELS_AT_MOST))
    newest = len(steps) - 1
    return format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="{}" fill="#545c61">{}</text>',
        [
            (_at(_x(place, steps) if place < newest else WIDTH - 1), HEIGHT - 10, "middle" if place < newest else "end", one.label)
            for place, one in enumerate(steps)
            if (newest - place) % every == 0
        ],
    )  # fmt: skip


def _at(place: float) -> str:
    """Write a coordinate; the page's language has no say in it."""
    return f"{place:.1f}"
