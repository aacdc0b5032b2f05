"""`cardroom-firmware report`: bench records in, a table of what passed and failed out, by model and maker; CSV and PDF on wish."""

import argparse
import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from firmware_tools.bench.tally import BAD, day_of, failed_tests, groups_of
from firmware_tools.bench.words_of_tests import MARKS, NAMES, VERDICTS, reason_words, test_name
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.files import read_bounded, write_whole
from firmware_tools.terminal.trouble import DONE, FAILED, USAGE, Trouble, print_json, report
from firmware_tools.terminal.wall_clock import utc_ms
from gateway.contract.bench_record import (
    MAX_BYTES,
    BenchRecord,
    OpenedRecord,
    RecordRefusal,
    Verdict,
    read_record,
)
from gateway.words import mark, say

_REFUSALS = {
    RecordRefusal.TOO_LONG: mark("is too large for a record"),
    RecordRefusal.NOT_JSON: mark("is no JSON"),
    RecordRefusal.MALFORMED: mark("is no bench record"),
    RecordRefusal.UNSUPPORTED_VERSION: mark("was written by a newer version"),
    RecordRefusal.CHANGED: mark("was changed after it was written"),
    RecordRefusal.UNKNOWN_KEY: mark("is not signed by a trusted key"),
    RecordRefusal.FORGED: mark("has a false signature"),
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is run by a spreadsheet."""


@dataclass(frozen=True, slots=True)
class Damaged:
    """A file that is no record."""

    path: Path
    why: str


def run(arguments: list[str]) -> int:
    """Report. Returns 0, 1 when a file among them is no record, 2 when there is none at all."""
    parser = arguments_of("report", say("Show what bench records say: passed, failed, by model and maker."))
    parser.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help=say("records, or folders of them")
    )
    parser.add_argument(
        "--csv", type=Path, metavar="FILE", help=say("write one line for each record, for a spreadsheet")
    )
    parser.add_argument("--pdf", type=Path, metavar="FILE", help=say("write a report to print and sign"))
    add_json(parser)
    options = parser.parse_args(arguments)
    found = list(_read(options.paths))
    opened = [one for one in found if isinstance(one, OpenedRecord)]
    damaged = [one for one in found if isinstance(one, Damaged)]
    records = sorted({one.record.id: one.record for one in opened}.values(), key=lambda one: one.at_ms)
    if not records:
        return report(_none(damaged), options.json)
    trouble = write_whole(options.csv, _csv(records)) if options.csv is not None else None
    if trouble is None and options.pdf is not None:
        trouble = _print(records, damaged, options.pdf)
    if trouble is not None:
        return report(trouble, options.json)
    _show(records, damaged, options)
    return FAILED if damaged else DONE


def _print(records: list[BenchRecord], damaged: list[Damaged], file: Path) -> Trouble | None:
    from firmware_tools.bench.report_paper import report_pdf  # reportlab is heavy: only who prints loads it
    from gateway.words.paper_font import NoFont

    try:
        return write_whole(file, report_pdf(records, [(str(one.path), one.why) for one in damaged], utc_ms()))
    except NoFont as error:
        return Trouble("no-font", error.message)


def _read(paths: Iterable[Path]) -> Iterable[OpenedRecord | Damaged]:
    for path in paths:
        files = sorted(path.glob("*.json")) if path.is_dir() else [path]
        for file in files:
            content = read_bounded(file, MAX_BYTES)
            if isinstance(content, Trouble):
                yield Damaged(file, content.why or content.what)
                continue
            opened = read_record(content)
            yield Damaged(file, say(_REFUSALS[opened])) if isinstance(opened, RecordRefusal) else opened


def _none(damaged: list[Damaged]) -> Trouble:
    return Trouble(
        "no-records",
        say("There is no bench record."),
        "; ".join(f"{one.path}: {one.why}" for one in damaged[:5]),
        say("Name the folder in which `cardroom-firmware bench` wrote its records."),
        USAGE,
    )


def _show(records: list[BenchRecord], damaged: list[Damaged], options: argparse.Namespace) -> None:
    if options.json:
        print_json(
            {
                "ok": not damaged,
                "records": len(records),
                "verdicts": dict(Counter(one.verdict.value for one in records)),
                "failed_by_test": dict(failed_tests(records)),
                "groups": [
                    {"model": model, "maker": maker, **counts}
                    for (model, maker), counts in groups_of(records).items()
                ],
                "damaged": [str(one.path) for one in damaged],
            }
        )
        return
    print("\n".join(_lines(records, damaged)))


def _lines(records: list[BenchRecord], damaged: list[Damaged]) -> list[str]:
    lines = [
        say(
            "{count} records, {first} to {last} (UTC)",
            count=len(records),
            first=day_of(records[0]),
            last=day_of(records[-1]),
        )
    ]
    lines.append("")
    lines.append(_row(say("model"), say("maker"), *(say(VERDICTS[one]) for one in Verdict)))
    for (model, maker), counts in groups_of(records).items():
        lines.append(_row(model, maker or "-", *(str(counts.get(one.value, 0)) for one in Verdict)))
    if failed := failed_tests(records):
        lines += ["", say("failed or undecided, by test:")]
        for name, count in failed.most_common():
            lines.append(f"  {test_name(name)}: {count}")
    bad = [one for one in records if one.verdict in BAD]
    if bad:
        lines += ["", say("to be looked at:")]
        lines += [
            f" {MARKS[one.verdict]} {day_of(one)}  {one.identity or one.address}  {one.model}  {_reasons(one)}"
            for one in bad
        ]
    lines += [say("left out: {path} {why}", path=one.path, why=one.why) for one in damaged]
    return lines


def _row(model: str, maker: str, *counts: str) -> str:
    return "  ".join((_wide(model, 26), _wide(maker, 14), *(_wide(count, 9) for count in counts))).rstrip()


def _wide(text: str, width: int) -> str:
    """Fill to a width; a Chinese character takes two places on a terminal."""
    return text + " " * max(0, width - sum(2 if character >= "⺀" else 1 for character in text))


def _reasons(record: BenchRecord) -> str:
    return ", ".join(
        f"{test_name(test.name)}: {reason_words(test.reason)}" for test in record.tests if test.verdict in BAD
    )


def _csv(records: list[BenchRecord]) -> bytes:
    names = [*NAMES]
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(
        [
            "id",
            "at_utc",
            "occasion",
            "verdict",
            "model",
            "maker",
            "identity",
            "address",
            "order",
            "tester",
            *names,
        ]
    )
    for one in records:
        told = {
            test.name: test.verdict.value + (f" ({test.reason})" if test.reason else "") for test in one.tests
        }
        moment = datetime.fromtimestamp(one.at_ms / 1000, UTC).isoformat(timespec="seconds")
        cells = [
            one.id,
            moment,
            one.occasion.value,
            one.verdict.value,
            one.model,
            one.maker,
            one.identity,
            one.address,
        ]
        rows.writerow(
            [_cell(cell) for cell in (*cells, one.order, one.tester, *(told.get(name, "") for name in names))]
        )
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _cell(text: str) -> str:
    return "'" + text if text.startswith(FORMULA) else text
