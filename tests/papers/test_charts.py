"""Charts: readable alone, exact in their scale, and safe with any text on them."""

import re
from xml.etree import ElementTree

import pytest

from central.papers.charts import (
    FOOT,
    HEIGHT,
    LEFT,
    WIDTH,
    Axis,
    Column,
    Part,
    column_chart,
    share_bar,
)

SVG = "{http://www.w3.org/2000/svg}"
KWH = Axis("kWh", 1000)


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


def chart(values: list[int | None], **words: str) -> ElementTree.Element:
    columns = [Column(f"{i:02d}", value, f"{value} Wh") for i, value in enumerate(values)]
    return parse(column_chart("use", words.get("title", "Use"), words.get("desc", "By hour"), columns, KWH))


def bars(svg: ElementTree.Element) -> list[ElementTree.Element]:
    return [rect for rect in svg.iter(f"{SVG}rect") if rect.get("class", "").startswith("bar")]


def test_a_chart_names_itself_for_those_who_do_not_see_it() -> None:
    svg = chart([100, 200])
    assert svg.get("role") == "img"
    named = {element.get("id"): element.text for element in svg if element.get("id")}
    assert [named[i] for i in svg.get("aria-labelledby", "").split()] == ["Use", "By hour"]


def test_bars_stand_in_proportion() -> None:
    first, second = bars(chart([1500, 3000]))
    assert float(second.get("height", "")) == pytest.approx(2 * float(first.get("height", "")), abs=0.2)


@pytest.mark.parametrize("highest", [0, 1, 7, 40, 999, 1000, 1001, 4_999, 123_456, 10**9])
def test_the_scale_reaches_the_highest_value_in_few_round_steps(highest: int) -> None:
    svg = chart([0, highest])
    scale = [float(t.text or "") for t in svg.iter(f"{SVG}text") if t.get("x") == str(LEFT - 7)]
    assert scale[0] == 0
    assert scale[-1] * 1000 >= highest
    assert 2 <= len(scale) <= 6
    assert len(set(scale)) == len(scale), "two ticks must not read the same"


def test_what_was_not_measured_is_no_zero() -> None:
    svg = chart([None, 0, 5])
    kinds = [rect.get("class") for rect in svg.iter(f"{SVG}rect")]
    assert kinds == ["gap", "bar", "bar"]


def test_the_newest_column_has_its_label_and_no_more_than_a_phone_can_show() -> None:
    svg = chart([1] * 24)
    labels = [t.text for t in svg.iter(f"{SVG}text") if t.get("y") == str(FOOT)]
    assert labels[-1] == "23"
    assert len(labels) <= 8


def test_nothing_is_drawn_outside_the_frame() -> None:
    for rect in chart([None, 3, 10**7, -5]).iter(f"{SVG}rect"):
        x, y, width, height = (float(rect.get(name, "")) for name in ("x", "y", "width", "height"))
        assert 0 <= x <= x + width <= WIDTH
        assert 0 <= y <= y + height <= HEIGHT


def test_text_is_text() -> None:
    drawn = column_chart("use", "<script>", "a & b", [Column("<b>", 1, '"x"')], KWH)
    assert "<script>" not in drawn
    assert parse(drawn)[0].text == "<script>"


def test_a_chart_needs_neither_script_nor_style() -> None:
    drawn = column_chart("use", "Use", "", [Column("a", 1, "1")], KWH) + share_bar(
        "s", "S", [Part("good", "#0a0", 1, "1")]
    )
    assert not re.search(r"style=|<script|<style|href|on\w+=", drawn)


def test_a_chart_of_nothing_is_a_chart() -> None:
    assert bars(chart([])) == []


def test_the_smallest_part_is_seen_and_the_bar_stays_whole() -> None:
    parts = [
        Part("good", "#0a0", 10_000, "on"),
        Part("bad", "#a00", 1, "welded"),
        Part("mute", "#aaa", 0, "off"),
    ]
    rects = list(parse(share_bar("s", "Rooms", parts)).iter(f"{SVG}rect"))
    assert [rect.get("class") for rect in rects] == ["good", "bad"]
    assert float(rects[1].get("width", "")) >= 3.5
    assert sum(float(rect.get("width", "")) for rect in rects) == pytest.approx(300, abs=0.3)
