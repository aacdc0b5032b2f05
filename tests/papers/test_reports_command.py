"""`make reports`: without a folder it says what is missing; what is wrong with a file is named."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.utils import translation

from central.domain.paper import Column, Kind, Paper, Row, Table
from central.papers.font import NoFont, paper_font
from tests.reports.written_papers import write_paper

ROOT = Path(__file__).parents[2]


def test_without_a_folder_it_says_how(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.reports.run"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "DIR=" in done.stderr


def test_what_is_wrong_with_a_file_is_named(tmp_path: Path) -> None:
    try:
        paper_font()
    except NoFont as error:
        pytest.skip(str(error))
    columns = [Column("room", "房间"), Column("yuan", "金额", Kind.YUAN, summed=True)]
    rows = [Row(["1-101 \U0001f600", 5]), Row(["Not yet translated words", 7])]
    paper = Paper("p", "", "表", "2026-11", 0, 1, [Table("", columns, rows)], ["财务处", "卡机房"])
    with translation.override("zh-hans"):
        written = list(write_paper(tmp_path, "zh-hans", paper, "month:2026-11", every_copy=True, now_ms=0))
    assert [one.path.name for one in written] == [
        "p-month-2026-11-copy1.pdf",
        "p-month-2026-11-copy2.pdf",
        "p-month-2026-11.xlsx",
        "p-month-2026-11.json",
    ]
    assert written[0].faults == ("no glyph for [U+1F600]", "English in it: Not yet translated words")
    assert written[0].extent == "1 pages"
    assert written[2].extent == "2 rows"
    assert not written[2].faults
    assert not written[3].faults
