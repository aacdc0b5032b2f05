"""`import-campus`: check a list, show every bad row, and carry it out only as a whole."""

import csv
import io
import sys
from argparse import Namespace
from pathlib import Path

from openpyxl import Workbook

from central import clock
from central.campus.import_plan import ImportPlan, plan_import
from central.campus.import_words import place_of, problems_of, words_of
from central.campus.operations import Refused, carry_out

ROOMS = [
    [
        "building",
        "building_name",
        "floor",
        "room",
        "class",
        "meter",
        "cut_off",
        "billing",
        "protected",
        "occupants",
    ],
    ["1", "一号楼", 3, "301", "dormitory", "000000000301", "internal", "prepaid", "no", "王小明;李晓红"],
    ["1", "一号楼", 3, "302", "dormitory", "000000000302", "internal", "prepaid", "no", "张伟"],
    ["1", "一号楼", 1, "101", "staff", "000000000101", "internal", "prepaid", "yes", "值班室"],
    ["5", "商业街", 1, "A01", "merchant", "000000005001", "contactor", "prepaid", "no", "便利店"],
]
CLASSES = [
    ["class", "name", "group", "unit", "overdraft", "warn_at", "minimum", "ceiling"],
    ["dormitory", "学生宿舍", "dormitory", "yuan", 0, "10;5", 1, 5000],
    ["staff", "教工住户", "staff", "yuan", 0, "20;10", 1, 5000],
    ["merchant", "商户", "merchant", "yuan", 0, "50;20", 10, 20000],
]
PRICES = [
    ["class", "price", "from"],
    ["dormitory", "0.5583", "2026-01-01"],
    ["staff", "0.5583", "2026-01-01"],
    ["merchant", "0.8012", "2026-01-01"],
]
EXAMPLE = {"rooms": ROOMS, "classes": CLASSES, "prices": PRICES}


def import_campus(options: Namespace) -> int:
    """Import a list; exit code 2 when it has problems: nothing of it is written then."""
    if options.example:
        return _write_example(Path(options.file or "campus-example.xlsx"))
    if not options.file:
        print(
            "name a file: cardroom-central import-campus FILE, or --example to have one written",
            file=sys.stderr,
        )
        return 2
    try:
        content = Path(options.file).read_bytes()
    except OSError as error:
        print(
            f"{options.file} can't be read: {error.strerror}; check the name and the rights", file=sys.stderr
        )
        return 2
    plan = plan_import(content)
    if not plan.can_be_carried_out:
        return _show_problems(options.file, plan)
    print(
        f"{len(plan.rooms)} rooms ({plan.new_rooms} new), {plan.new_meters} new meters, "
        f"{len(plan.classes)} classes, {len(plan.prices)} prices"
    )
    if options.dry_run:
        print("nothing was written (--dry-run)")
        return 0
    done = carry_out(plan, actor="console", now_ms=clock.now_ms())
    if isinstance(done, Refused):
        plan.problems += problems_of(done)
        return _show_problems(options.file, plan)
    print("imported; the gateways are told at the next `ingest`")
    return 0


def _show_problems(file_name: str, plan: ImportPlan) -> int:
    for problem in plan.problems:
        place = place_of(problem)
        print(f"{file_name}: {place + ': ' if place else ''}{words_of(problem)}", file=sys.stderr)
    print(f"{len(plan.problems)} problems; nothing was imported", file=sys.stderr)
    return 2


def _write_example(path: Path) -> int:
    if path.exists():
        print(f"{path} exists; name another file: import-campus --example FILE", file=sys.stderr)
        return 2
    path.write_bytes(_csv_example() if path.suffix.lower() == ".csv" else _workbook_example())
    print(f"wrote {path}")
    return 0


def _csv_example() -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(ROOMS)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _workbook_example() -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in EXAMPLE.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.freeze_panes = "A2"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
