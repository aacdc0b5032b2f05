"""A paper as XLSX and PDF, read back by other programs' readers: figures are figures, text is text, nothing is dropped."""

from io import BytesIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from central.domain.paper import Column, Kind, Paper, Row, Table
from central.papers.font import INSTALL, NoFont, PaperFont, paper_font
from central.papers.pdf import Proof, Words, pdf
from central.papers.xlsx import workbook

COLUMNS = [
    Column("room", "房间", width=10),
    Column("name", "住户", width=14),
    Column("yuan", "金额(元)", Kind.YUAN, 14, summed=True),
    Column("energy", "电量(度)", Kind.KWH, 14, summed=True),
]
WORDS = Words(
    "第 %(page)d 页，共 %(pages)d 页", "第 %(copy)d 联，共 %(copies)d 联：%(recipient)s", "合计",
    "字体缺字：", "无记录", "扫码验证", "cashier 打印",
)  # fmt: skip
RECIPIENTS = ["网络中心主任", "后勤处"]


def paper(rows: list[Row], *, columns: list[Column] = COLUMNS, titles: tuple[str, ...] = ("1号楼",)) -> Paper:
    tables = [Table(title, columns, rows) for title in titles]
    return Paper(
        "usage",
        "HNKJ/C4/1013",
        "用电明细表",
        "2026-11",
        0,
        1,
        tables,
        RECIPIENTS,
        ["制表", "财务"],
        ["单位：元"],
    )


def rows(count: int) -> list[Row]:
    return [Row([f"1-{number}", "王小明", 12_340_000, 5_000]) for number in range(count)]


@pytest.fixture
def font() -> PaperFont:
    try:
        return paper_font()
    except NoFont:
        pytest.skip(f"no Chinese font: {INSTALL}")


def sheets(content: bytes) -> dict[str, list[tuple[object, ...]]]:
    book = openpyxl.load_workbook(BytesIO(content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}


def test_figures_in_a_workbook_are_numbers_with_a_total() -> None:
    lines = sheets(workbook(paper(rows(3)), "表", "合计"))["1号楼"]
    assert ("1-0", "王小明", 12.34, 5) in lines
    assert lines[-1] == ("合计", None, 37.02, 15)
    assert lines[0][0] == "用电明细表"
    assert lines[1][0] == "HNKJ/C4/1013 · 2026-11"


@pytest.mark.parametrize(
    "name", ["=1+1", "+86", "-2", "@SUM(A1)", "http://example.org", "\t=cmd|' /C calc'!A0"]
)
def test_a_name_that_looks_like_a_formula_stays_text(name: str) -> None:
    content = workbook(paper([Row(["1-1", name, 1, 1])]), "表")
    cell = next(
        cell
        for line in openpyxl.load_workbook(BytesIO(content)).active.iter_rows()
        for cell in line
        if cell.value == name
    )
    assert cell.data_type == "s"
    assert cell.hyperlink is None


def test_sheets_get_names_that_excel_takes_and_no_two_alike() -> None:
    titles = ("1/2号楼:[东]", "1/2号楼:[东]", "", "很长" * 30)
    names = list(sheets(workbook(paper(rows(1), titles=titles), "表")))
    assert len(set(names)) == 4
    assert all(len(name) <= 31 and not set(name) & set("[]:*?/\\") for name in names)


def pages_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(BytesIO(content)).pages]


def test_every_page_has_its_head_and_the_last_its_total_and_signatures(font: PaperFont) -> None:
    pages = pages_of(pdf(paper(rows(120)), WORDS, copy=2))
    assert len(pages) == 3
    for number, page in enumerate(pages, start=1):
        assert "用电明细表" in page
        assert "HNKJ/C4/1013" in page
        assert "第 2 联，共 2 联：后勤处" in page
        assert f"第 {number} 页，共 3 页" in page
    assert "合计" in pages[-1]
    assert "1480.80" in pages[-1]
    assert "制表" in pages[-1]
    assert "制表" not in pages[0]


@pytest.mark.parametrize("count", range(30, 66))
def test_no_row_is_lost_wherever_the_page_ends(font: PaperFont, count: int) -> None:
    text = "\n".join(pages_of(pdf(paper(rows(count)), WORDS)))
    assert text.count("王小明") == count
    assert text.count("合计") == 1
    assert text.count("制表") == 1


def test_a_long_text_goes_on_in_further_lines(font: PaperFont) -> None:
    long = "很长的备注" * 30
    text = "".join(pages_of(pdf(paper([Row(["1-1", long, 1, 1])]), WORDS))).replace("\n", "")
    assert "".join(text.split()).count("备注") == 30


def test_a_row_higher_than_a_page_is_still_printed_with_all_others(font: PaperFont) -> None:
    many = [Row(["1-1", "字" * 1500, 1, 1]), *rows(5)]
    text = "\n".join(pages_of(pdf(paper(many), WORDS)))
    assert (text.count("王小明"), text.count("字")) == (5, 1500)


def test_a_character_without_a_glyph_is_named(font: PaperFont) -> None:
    text = "\n".join(pages_of(pdf(paper([Row(["1-1", "\U00020bb7野家", 1, 1])]), WORDS)))
    assert "[U+20BB7]野家" in text
    assert "字体缺字： U+20BB7" in text


def test_the_font_is_embedded_as_a_subset(font: PaperFont) -> None:
    content = pdf(paper(rows(3)), WORDS)
    fonts = PdfReader(BytesIO(content)).pages[0]["/Resources"]["/Font"]
    embedded = [f for f in fonts.values() if "/FontFile2" in f.get_object().get("/FontDescriptor", {})]
    assert embedded
    assert len(content) < 200_000


def test_a_sealed_sheet_bears_its_number_and_code(font: PaperFont) -> None:
    plain = pdf(paper(rows(1)), WORDS)
    sealed = pdf(
        paper(rows(1)), WORDS, proof=Proof("№ 17", "https://card.example/papers/proof/17/0123456789abcdef/")
    )
    assert "№ 17" in pages_of(sealed)[0]
    assert len(sealed) > len(plain)


def test_an_empty_table_says_so(font: PaperFont) -> None:
    assert "无记录" in pages_of(pdf(paper([]), WORDS))[0]


def test_without_a_font_the_one_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARDROOM_FONT", "/nowhere.ttf")
    paper_font.cache_clear()
    try:
        with pytest.raises(NoFont, match="apt-get install fonts-wqy-microhei"):
            paper_font()
    finally:
        paper_font.cache_clear()


@given(st.lists(st.text("字a1 ，", max_size=900), max_size=12))
@settings(max_examples=25, deadline=None)
def test_every_character_of_every_text_is_printed(texts: list[str]) -> None:
    try:
        paper_font()
    except NoFont:
        pytest.skip(f"no Chinese font: {INSTALL}")
    plain = paper([Row(["x", text, 0, 0]) for text in texts])
    printed = "".join("".join(page.split()) for page in pages_of(pdf(plain, WORDS)))
    assert printed.count("字") == sum(text.count("字") for text in texts) + ("字体" in printed)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("上次读数（度）", ["上次读数", "（度）"]),
        ("一二三四五，六", ["一二三四", "五，六"]),
        ("）））））））", ["）））））", "））"]),
        ("Used, kWh (net)", ["Used, kWh", "(net)"]),
    ],
)
def test_no_line_begins_with_what_closes_or_ends_with_what_opens(
    font: PaperFont, text: str, lines: list[str]
) -> None:
    assert font.broken(text, font.width("一二三四五", 10), 10) == lines
