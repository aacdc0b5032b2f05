"""A paper's charts, drawn: as SVG for a page, with the canvas for a sheet, as a chart of its own for a workbook."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.safestring import SafeString
from reportlab.pdfgen.canvas import Canvas

from central.domain.paper import Chart, Paper, charts_of
from central.papers.charts import Axis, Column, column_chart

ON_A_SHEET = 2
BAR_SHARE = 0.7
BAR_COLOUR = (0.17, 0.54, 0.47)
SCALE_COLOUR = (0.8, 0.78, 0.74)
LABEL_LINE = 12.0
LONGEST_LABEL = 16
Say = Callable[[float, float, str, float], None]


def drawn_for_page(paper: Paper) -> list[SafeString]:
    """Give each chart as SVG."""
    return [
        column_chart(
            f"chart-{number}",
            chart.title,
            ", ".join(f"{bar.label}: {bar.value}" for bar in chart.bars),
            [Column(_short(bar.label), bar.value, f"{bar.label}  {bar.value}") for bar in chart.bars],
            Axis(chart.title, 1),
        )
        for number, chart in enumerate(charts_of(paper), start=1)
        if chart.bars
    ]


def sheets_of(paper: Paper) -> list[Sequence[Chart]]:
    """Give which charts stand on which sheet."""
    charts = [chart for chart in charts_of(paper) if chart.bars]
    return [charts[start : start + ON_A_SHEET] for start in range(0, len(charts), ON_A_SHEET)]


def draw_on(
    canvas: Canvas, charts: Sequence[Chart], say: Say, box: tuple[float, float, float, float]
) -> None:
    """Draw a sheet's charts one below the other. `box`: left, bottom, right, top; `say` writes a text at x, y in a size."""
    left, bottom, right, top = box
    share = (top - bottom) / ON_A_SHEET
    for place, chart in enumerate(charts):
        upper = top - place * share
        _draw(canvas, chart, say, (left, upper - share + 2 * LABEL_LINE, right, upper - 3 * LABEL_LINE))


def _draw(canvas: Canvas, chart: Chart, say: Say, box: tuple[float, float, float, float]) -> None:
    left, foot, right, top = box
    say(left, top + LABEL_LINE, chart.title, 10)
    most = max(1, *(bar.value for bar in chart.bars))
    pitch = (right - left) / len(chart.bars)
    canvas.setStrokeColorRGB(*SCALE_COLOUR)
    canvas.line(left, foot, right, foot)
    for place, bar in enumerate(chart.bars):
        x, height = left + place * pitch, (top - foot - LABEL_LINE) * bar.value / most
        canvas.setFillColorRGB(*BAR_COLOUR)
        canvas.rect(x, foot, pitch * BAR_SHARE, height, stroke=0, fill=1)
        canvas.setFillColorRGB(0.11, 0.13, 0.15)
        say(x, foot + height + 3, str(bar.value), 8)
        say(x, foot - LABEL_LINE, _short(bar.label), 8)


def add_to_workbook(book: Any, paper: Paper, sheet_name: Callable[[str], str]) -> None:
    """Add a sheet for each chart: its figures, and beside them a chart of them."""
    for chart in charts_of(paper):
        name = sheet_name(chart.title)
        sheet = book.add_worksheet(name)
        sheet.set_column(0, 0, 24)
        sheet.write_string(0, 0, chart.title)
        sheet.write_string(0, 1, chart.axis)
        for line, bar in enumerate(chart.bars, start=1):
            sheet.write_string(line, 0, bar.label)
            sheet.write_number(line, 1, bar.value)
        if not chart.bars:
            continue
        picture = book.add_chart({"type": "column"})
        last = len(chart.bars)
        picture.add_series(
            {"categories": [name, 1, 0, last, 0], "values": [name, 1, 1, last, 1], "name": chart.axis}
        )
        picture.set_title({"name": chart.title})
        picture.set_legend({"none": True})
        sheet.insert_chart("D2", picture)


def _short(label: str) -> str:
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
