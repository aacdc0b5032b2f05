"""Write papers as files and check each as a reader would: the PDF has every glyph, the workbook opens and holds every row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import openpyxl
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from pypdf import PdfReader

from central.domain.paper import Kind, Paper, decode, encode
from central.domain.periods import Period
from central.papers.catalogue import Report, make
from central.papers.pdf import pdf
from central.papers.words import sheet_words
from central.papers.xlsx import workbook

CODE_POINT = re.compile(r"\[U\+[0-9A-F]{4,6}\]")
ENGLISH = re.compile(r"[A-Za-z]{3,}(?:\s+[A-Za-z]{2,})+")
"""Two words of English in a row: in a Chinese paper somebody forgot to translate them."""
HASH = re.compile(r"\b[0-9a-f]{4}(?:\s+[0-9a-f]{4}){3,}\b")
"""A day's last hash of the chain: some look like words."""


@dataclass(frozen=True, slots=True)
class Written:
    """A file that was written: what it is, how many pages or rows it has, and what is wrong with it."""

    path: Path
    title: str
    size: int
    extent: str
    faults: tuple[str, ...] = ()


def write_report(
    folder: Path, report: Report, period: Period, *, every_copy: bool, now_ms: int
) -> Iterator[Written]:
    """Write a report of a period in every language and form."""
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            paper = make(report, period)
            yield from write_paper(folder, language, paper, period.name, every_copy=every_copy, now_ms=now_ms)


def write_paper(
    folder: Path, language: str, paper: Paper, period: str, *, every_copy: bool, now_ms: int
) -> Iterator[Written]:
    """Write a paper in the active language as PDF (a file for each copy), workbook and JSON."""
    stem = f"{paper.code}-{period.replace(':', '-')}"
    place = folder / language
    place.mkdir(parents=True, exist_ok=True)
    copies: Sequence[int | None] = range(1, len(paper.recipients) + 1) or [None]
    for copy in copies if every_copy else copies[:1]:
        body = pdf(paper, sheet_words("admin", now_ms), copy, None)
        name = f"{stem}-copy{copy}.pdf" if copy else f"{stem}.pdf"
        yield _written(place / name, paper.title, body, *_read_pdf(body, language))
    body = workbook(paper, sheet_fallback=paper.title, total=_("Total"))
    yield _written(place / f"{stem}.xlsx", paper.title, body, *_read_workbook(body, paper))
    body = encode(paper)
    faults = [] if decode(body) == paper else ["read back, it is another paper"]
    yield _written(place / f"{stem}.json", paper.title, body, "", faults)


def _written(path: Path, title: str, body: bytes, extent: str, faults: Sequence[str]) -> Written:
    path.write_bytes(body)
    return Written(path, title, len(body), extent, tuple(faults))


def _read_pdf(body: bytes, language: str) -> tuple[str, list[str]]:
    reader = PdfReader(BytesIO(body))
    text = "\n".join(page.extract_text() for page in reader.pages)
    faults = [f"no glyph for {code}" for code in sorted(set(CODE_POINT.findall(text)))]
    if language.startswith("zh"):
        faults += [
            f"English in it: {found}" for found in sorted(set(ENGLISH.findall(HASH.sub("", text))))[:3]
        ]
    return f"{len(reader.pages)} pages", faults


def _read_workbook(body: bytes, paper: Paper) -> tuple[str, list[str]]:
    book = openpyxl.load_workbook(BytesIO(body))
    filled = sum(
        any(cell is not None for cell in row) for sheet in book for row in sheet.iter_rows(values_only=True)
    )
    wanted = sum(len(table.rows) for table in paper.tables)
    faults = [] if filled >= wanted else [f"{filled} rows for {wanted}"]
    for table in paper.tables:
        figures = sum(column.kind is not Kind.TEXT for column in table.columns)
        if table.rows and figures and not _has_figures(book):
            faults.append("no figure is a number")
    return f"{wanted} rows", faults


def _has_figures(book: openpyxl.Workbook) -> bool:
    return any(
        isinstance(cell, int | float)
        for sheet in book
        for row in sheet.iter_rows(values_only=True)
        for cell in row
    )
