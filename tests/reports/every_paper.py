"""Live two periods of the demo campus, then write every paper and say what was written. Django is set up when this is imported."""

import html
import sys
import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from central import clock
from central.campus.models import Building
from central.campus.operations import make_default_classes
from central.clock import campus_day
from central.config import data_folder
from central.config.commands.proving import verify
from central.config.commands.set_up import migrate
from central.domain.periods import Period, PeriodKind, accounting_period_of, day_period
from central.papers.accounting import first_days, period_of
from central.papers.catalogue import all_reports
from central.reports.agreement.looking import look
from tests.reports.campus_days import CampusDays
from tests.reports.other_papers import writers
from tests.reports.written_papers import Written, write_report

BUSY_DAY = timedelta(days=9)
"""From a period's begin: the day of a correction."""


def make_all(folder: Path) -> int:
    """Write everything into a folder; 1 when a file or the books have a fault."""
    begun_s = time.monotonic()
    days = _live()
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Written] = []
    for report in all_reports():
        begun_ms = time.monotonic()
        for place, kind in enumerate(report.periods):
            period = period_to_show(kind, days)
            written += write_report(folder, report, period, every_copy=place == 0, now_ms=days.now_ms)
        _say(f"  {report.code}: {time.monotonic() - begun_ms:.1f} s")
    for writer in writers():
        written += writer(folder, days)
    (folder / "index.html").write_text(_index(written), encoding="utf-8")
    _list(written)
    books = verify(None)
    faulty = [one for one in written if one.faults]
    _say(
        f"{len(written)} files in {folder}, {len(faulty)} with faults, {time.monotonic() - begun_s:.0f} s; see index.html"
    )
    return 1 if faulty or books else 0


def _live() -> CampusDays:
    now_ms = clock.now_ms()
    _say("Setting up a central, and living two accounting periods of the demo campus ...")
    data_folder.make_keys()
    migrate()
    make_default_classes()
    last = accounting_period_of(campus_day(now_ms), first_days)
    periods: list[Period] = []
    for _back in range(2):
        last = accounting_period_of(last.first - timedelta(days=1), first_days)
        periods.insert(0, last)
    days = CampusDays(periods, now_ms, _say)
    days.live()
    codes = list(Building.objects.values_list("code", flat=True))
    for period in periods:
        look(period, codes, now_ms)
    return days


def period_to_show(kind: PeriodKind, days: CampusDays) -> Period:
    """Choose the period that shows most: the last accounting period, and what lies in it of another kind."""
    last = days.periods[-1]
    if kind is PeriodKind.ACCOUNTING:
        return last
    return (
        day_period(last.first + BUSY_DAY)
        if kind is PeriodKind.DAY
        else period_of(kind, last.first + BUSY_DAY)
    )


def _list(written: Sequence[Written]) -> None:
    for one in written:
        _say(f"{one.size:>9,} B  {one.extent:>10}  {one.path.parent.name}/{one.path.name}  {one.title}")
        for fault in one.faults:
            _say(f"             FAULT {fault}")


def _index(written: Iterable[Written]) -> str:
    rows = "".join(
        f'<tr><td><a href="{html.escape(one.path.parent.name)}/{html.escape(one.path.name)}">{html.escape(one.path.name)}</a></td>'
        f"<td>{html.escape(one.title)}</td><td>{one.extent}</td><td>{one.size:,}</td>"
        f"<td>{html.escape('; '.join(one.faults))}</td></tr>"
        for one in written
    )
    head = '<!doctype html><html lang="zh"><meta charset="utf-8"><title>Reports</title><style>td{padding:2px 12px}</style>'
    return f"{head}<table>{rows}</table></html>\n"


def _say(text: str) -> None:
    print(text, flush=True)
    sys.stdout.flush()
