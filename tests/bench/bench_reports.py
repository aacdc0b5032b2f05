"""`make bench-reports`: a year of 20,000 rooms read month by month, and 20,000 rows of 12 columns as XLSX and PDF.

    python -m tests.bench.bench_reports [--short]

The year: a settlement of each room and day, a payment of each room and month, the totals of all meters at each midnight, on SQLite
and on PostgreSQL (a private cluster; without its server that part counts as missed), with DuckDB on the same rows beside them.

Each file is made in a process of its own, so that its peak memory is its own; beside it stands what the peers named in the run
reach for the same rows. Time is the process's CPU time: other programs on the machine don't count. What PostgreSQL's server does
is no CPU time of ours: there it is the time waited.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable

from central.domain.paper import Column, Kind, Paper, Row, Table
from tests.bench.figures import Figures

ROWS = 20_000
ROOMS, DAYS, ROOMS_SHORT, DAYS_SHORT = 20_000, 365, 800, 62
MONTH_MS, LOSS_MS = 30, 20
XLSX_S, XLSX_MB, PDF_S, PDF_MB = 2.5, 50, 8, 100
SURNAMES, NAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "娜涛娟磊伟芳敏静丽强勇军杰洋艳秀英华平刚"
FIGURES = (
    ("期初余额(元)", Kind.YUAN), ("缴费(元)", Kind.YUAN), ("补贴(度)", Kind.KWH), ("电量(度)", Kind.KWH),
    ("电价(元/度)", Kind.PRICE), ("电费(元)", Kind.YUAN), ("期末余额(元)", Kind.YUAN), ("占比(%)", Kind.PERCENT),
)  # fmt: skip


def household_detail(count: int) -> Paper:
    """Make the per-household detail of a large campus (R-6.2), the same at every run."""
    chance = random.Random(4)
    columns = [
        *(
            Column("room", "房间", width=8),
            Column("names", "住户", width=16),
            Column("class", "类别", width=10),
        ),
        *(
            Column(f"k{place}", title, kind, 12, summed=kind in (Kind.YUAN, Kind.KWH))
            for place, (title, kind) in enumerate(FIGURES)
        ),
        Column("note", "备注", width=14),
    ]
    rows = [_row(number, chance) for number in range(count)]
    return Paper(
        "detail", "HNKJ/C4/1013", "学生宿舍用电明细表", "2026-11", 0, 1, [Table("", columns, rows)],
        ["网络中心主任", "后勤处", "分管副院长", "事务中心"], ["制表", "复核", "网络中心主任", "财务"],
    )  # fmt: skip


def _row(number: int, chance: random.Random) -> Row:
    names = "、".join(chance.choice(SURNAMES) + chance.choice(NAMES) for _ in range(3))
    figures = [558_300 if kind is Kind.PRICE else chance.randrange(10**9) for _title, kind in FIGURES]
    note = "按月包干" if chance.random() < 0.1 else ""
    return Row([f"{number // 400 + 1}-{number % 400:03d}", names, "学生宿舍", *figures, note])


def _xlsx(paper: Paper) -> bytes:
    from central.papers.xlsx import workbook

    return workbook(paper, "表")


def _pdf(paper: Paper) -> bytes:
    from central.papers.pdf import Proof, Words, pdf

    words = Words(
        "第 %(page)d 页，共 %(pages)d 页", "第 %(copy)d 份，共 %(copies)d 份：%(recipient)s", "合计", "缺字：", "无",
        "扫码", "打印",
    )  # fmt: skip
    return pdf(paper, words, 1, Proof("№ 1", "https://card.example/papers/proof/1/0123456789abcdef/"))


def _openpyxl(paper: Paper) -> bytes:
    from io import BytesIO

    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in paper.tables[0].rows:
        sheet.append(row.cells)
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def _long_table(paper: Paper) -> bytes:
    from io import BytesIO

    from reportlab.lib.pagesizes import A4, landscape
    from reportlab.platypus import LongTable, SimpleDocTemplate

    from central.domain.paper import text_of

    table = paper.tables[0]
    texts = [[text_of(c, k.kind) for c, k in zip(r.cells, table.columns, strict=True)] for r in table.rows]
    target = BytesIO()
    SimpleDocTemplate(target, pagesize=landscape(A4)).build([LongTable(texts, repeatRows=1)])
    return target.getvalue()


WAYS: dict[str, Callable[[Paper], bytes]] = {
    "xlsx": _xlsx,
    "pdf": _pdf,
    "openpyxl": _openpyxl,
    "longtable": _long_table,
}


def _measured(way: str, rows: int) -> dict[str, float]:
    command = (sys.executable, "-m", "tests.bench.bench_reports", way, str(rows))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _measure(way: str, rows: int) -> None:
    import resource
    import time

    paper = household_detail(rows)
    began = time.process_time()
    content = WAYS[way](paper)
    spent = time.process_time() - began
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"s": spent, "mb": peak_mb, "kb": len(content) / 1024}))


def _year(figures: Figures, name: str, rooms: int, days: int, variables: dict[str, str]) -> None:
    """Make and read a year on one database."""
    environment = {key: value for key, value in os.environ.items() if not key.endswith("DATABASE_URL")}
    command = [sys.executable, "-m", "tests.bench.books_load", str(rooms), str(days)]
    done = subprocess.run(command, env=environment | variables, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    read = f"{found['households']:,} accounts; by scanning {found['naive_ms']:.0f}, DuckDB {found['duckdb_ms']:.0f} ms"
    figures.at_most(f"{name}: a month per household", found["month_ms"], MONTH_MS, " ms", read)
    used = f"DuckDB, only what was used in the month: {found['duckdb_used_ms']:.0f} ms"
    figures.at_most(f"{name}: an accounting period per household", found["period_ms"], MONTH_MS, " ms", used)
    beside = f"{found['transfers']:,} transfers added up by the database itself"
    figures.at_most(f"{name}: accounts that differ from scanning", found["differences"], 0, "", beside)
    scanned = f"by scanning midnights {found['naive_loss_ms']:.0f}, DuckDB {found['duckdb_loss_ms']:.0f} ms"
    figures.at_most(f"{name}: a building's loss of a month", found["loss_ms"], LOSS_MS, " ms", scanned)
    figures.at_most(f"{name}: Wh that it differs from scanning", found["loss_differs"], 0)
    figures.note(f"{name}: the same, before its days are kept", f"{found['loss_first_ms']:.0f} ms")
    figures.note(f"{name}: one building's month per household", f"{found['building_ms']:.3g} ms", "half a year ago: "
                 f"{found['earlier_ms']:.3g} ms for all")  # fmt: skip
    rate = found["folded"] / found["fold_s"]
    figures.note(
        f"{name}: first fold", f"{rate:,.0f} rows/s", f"{found['folded']:,} rows in {found['fold_s']:.0f} s"
    )
    cost_us = found["day_s"] / found["day_rows"] * 1e6
    figures.note(
        f"{name}: fold, for each new transfer", f"{cost_us:.0f} us", f"nothing new: {found['idle_us']:.0f} us"
    )


def _years(figures: Figures, rooms: int, days: int) -> None:
    from tests.central.private_postgresql import Unavailable, cluster

    print(
        f"  {rooms:,} rooms x {days} days, a settlement each; payments each 30 days; totals at each midnight",
        flush=True,
    )
    _year(figures, "SQLite", rooms, days, {})
    try:
        with cluster() as variables:
            _year(figures, "PostgreSQL", rooms, days, variables)
    except Unavailable as reason:
        figures.at_least(f"PostgreSQL: not tried ({reason})", 0, 1)


def main() -> int:
    """Print each figure with its goal and its peer; 0 only when all goals are met."""
    import argparse  # here: what is imported above counts as memory of each file

    parser = argparse.ArgumentParser(description="reports of 20,000 rooms")
    parser.add_argument("--short", action="store_true")
    short = parser.parse_args().short
    figures = Figures("bench-reports")
    _years(figures, *((ROOMS_SHORT, DAYS_SHORT) if short else (ROOMS, DAYS)))
    openpyxl, long_table = _measured("openpyxl", ROWS), _measured("longtable", ROWS // 10)
    xlsx = _measured("xlsx", ROWS)
    beside = f"openpyxl {openpyxl['s']:.1f} s, {openpyxl['mb']:.0f} MB"
    figures.at_most(f"XLSX of {ROWS:,} rows x 12", xlsx["s"], XLSX_S, " s", beside)
    figures.at_most("its peak memory, rows included", xlsx["mb"], XLSX_MB, " MB", f"file {xlsx['kb']:.0f} kB")
    pdf = _measured("pdf", ROWS)
    beside = f"reportlab LongTable, a tenth of the rows, no Chinese: {long_table['s']:.1f} s"
    figures.at_most(f"PDF of {ROWS:,} rows x 12, font embedded", pdf["s"], PDF_S, " s", beside)
    figures.at_most("its peak memory, rows included", pdf["mb"], PDF_MB, " MB", f"file {pdf['kb']:.0f} kB")
    return figures.close()


if __name__ == "__main__":
    if len(sys.argv) == 3:  # a way and a number of rows: one file, in this process
        _measure(sys.argv[1], int(sys.argv[2]))
    else:
        sys.exit(main())
