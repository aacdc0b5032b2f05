"""`go-live check`: the preview of the old system's list on the console, and an example list. It writes nothing to the books."""

import csv
import io
import sys
from argparse import Namespace
from pathlib import Path

from openpyxl import Workbook

from central import clock
from central.desk.go_live.forms import instant_ms
from central.desk.go_live.plan import OpeningPlan, plan_opening
from central.desk.go_live.totals import planned_sums
from central.desk.go_live.words import finding_words, place_of
from central.office.templatetags.cardroom import amount_text, unit_word

EXAMPLE = [
    ["楼栋", "房间", "余额(元)", "余额(度)", "其中补助", "表号", "表码", "最后收据页号"],
    ["1", "301", "52.30", "", "5.00", "000000000301", "1234.56", "K-0877"],
    ["1", "302", "-3.20", "", "", "000000000302", "987.10", "K-0878"],
    ["1", "101", "0", "", "", "000000000101", "455.00", ""],
    ["5", "A01", "", "118.5", "", "000000005001", "20455.30", "S-0102"],
]


def check(options: Namespace) -> int:
    """Check a list and show its sums; exit code 2 when it has problems."""
    if options.example:
        return _write_example(Path(options.file or "go-live-example.xlsx"))
    change_over_ms = instant_ms(options.change_over) if options.change_over else clock.now_ms()
    if change_over_ms is None:
        print(f"{options.change_over} is no instant; write 2026-09-01T08:00", file=sys.stderr)
        return 2
    try:
        content = Path(options.file or "").read_bytes()
    except OSError as error:
        print(
            f"{options.file or 'no file'} can't be read: {error.strerror}; check the name and the rights",
            file=sys.stderr,
        )
        return 2
    plan = plan_opening(content, change_over_ms, options.missing, clock.now_ms())
    for finding in plan.findings:
        place = place_of(finding)
        said = f"{options.file}: {place + ': ' if place else ''}{finding_words(finding)}"
        print(said, file=sys.stderr if finding.blocks else sys.stdout)
    _show_sums(plan)
    print(f"{len(plan.problems)} problems, {len(plan.notices)} things to know; nothing was written")
    return 2 if plan.problems else 0


def _show_sums(plan: OpeningPlan) -> None:
    for one in planned_sums(plan.balances):
        figures = ", ".join(
            f"{name} {amount_text(amount, one.unit)}"
            for name, amount in (("credit", one.credit), ("debts", one.debt), ("net", one.net))
        )
        print(f"{one.building} {one.class_name}: {len(one.rooms)} rooms, {figures} {unit_word(one.unit)}")
    if plan.missing:
        print(f"not in the list: {', '.join(room.label for room in plan.missing)}")
    if plan.other_buildings:
        print(f"buildings not in the list at all: {', '.join(plan.other_buildings)}")


def _write_example(path: Path) -> int:
    if path.exists():
        print(f"{path} exists; name another file: go-live check --example FILE", file=sys.stderr)
        return 2
    if path.suffix.lower() == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(EXAMPLE)
        path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    else:
        book = Workbook()
        for row in EXAMPLE:
            book.active.append(row)
        book.save(path)
    print(f"wrote {path}")
    return 0
