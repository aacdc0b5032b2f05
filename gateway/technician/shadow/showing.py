"""The shadow's table and verdict in words and as JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from gateway.adapters.shadow_book import Terms
from gateway.contract.quantities import MicroYuan, Unit, WattHours, kwh_text, yuan_text
from gateway.technician.local_time import minute_of
from gateway.technician.shadow.judging import READY_LISTS, Reason, Row, Verdict
from gateway.technician.table import table
from gateway.words import mark, say

REASONS = {
    Reason.EQUAL: mark("equal"),
    Reason.NO_METER: mark("no meter is tied to this room"),
    Reason.NOT_READ: mark("not read within the hour before the list"),
    Reason.NOT_LISTED: mark("not on the old system's list"),
    Reason.PAYMENT: mark("looks like a payment that the list doesn't tell"),
    Reason.RATIO: mark("looks like a current transformer's ratio"),
    Reason.STANDS_STILL: mark("the old balance stands still: the old system may not read it"),
    Reason.PRICE: mark("looks like another price: the same factor in several rooms"),
    Reason.SWAPPED: mark("looks like two meters swapped between rooms"),
    Reason.UNKNOWN: mark("no reason found: compare registers and payments by hand"),
}
TOO_FEW_DAYS = mark("days with a list are missing")


def amount_text(amount: int | None, unit: str) -> str:
    """Show an amount in its unit; `-` for none."""
    if amount is None:
        return "-"
    return yuan_text(MicroYuan(amount)) if unit == Unit.YUAN else kwh_text(WattHours(amount))


def comparison_lines(terms: Terms, rows: Sequence[Row], at_ms: int, offset: int) -> Iterator[str]:
    """The table of one list, its sums, and how many rooms agree."""
    yield say("List of {time}, in {unit}:", time=minute_of(at_ms, offset), unit=_unit(terms.unit))
    head = [
        say(word)
        for word in (mark("room"), mark("old"), mark("ours"), mark("difference"), mark("likely reason"))
    ]
    cells = [
        [
            row.room,
            *(amount_text(one, terms.unit) for one in (row.old, row.ours, row.difference)),
            say(REASONS[row.reason]),
        ]
        for row in rows
    ]
    both = [row for row in rows if row.difference is not None]
    sums = [
        sum(row.old or 0 for row in both),
        sum(row.ours or 0 for row in both),
        sum(row.difference or 0 for row in both),
    ]
    total = [say("sum of {count}", count=len(both)), *(amount_text(one, terms.unit) for one in sums), ""]
    yield from table(head, [*cells, total])
    equal = sum(row.reason is Reason.EQUAL for row in rows)
    yield say("{equal} of {all} rooms agree.", equal=equal, all=len(rows))


def verdict_lines(verdict: Verdict, lists: int) -> Iterator[str]:
    """Ready to take over, or not yet and why."""
    yield say("Lists compared: {count}; the last {last} decide.", count=lists, last=READY_LISTS)
    if verdict.ready:
        yield say("READY to take over: every room agreed on each of them.")
        return
    yield say("NOT YET:")
    for code, count in verdict.why_not.items():
        why = TOO_FEW_DAYS if code == "too-few-days" else REASONS[Reason(code)]
        yield f"  {count}  {say(why)}"


def as_rows(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """For `--json`: amounts in micro-yuan or Wh."""
    return [{**asdict(row), "reason": row.reason.value, "difference": row.difference} for row in rows]


def verdict_document(terms: Terms, compared: Mapping[int, Sequence[Row]], verdict: Verdict) -> dict[str, Any]:
    """For `--json`."""
    lists = [{"at_ms": at_ms, "rows": as_rows(rows)} for at_ms, rows in sorted(compared.items())]
    return {
        "ok": verdict.ready,
        "unit": terms.unit,
        "ready": verdict.ready,
        "why_not": dict(verdict.why_not),
        "lists": lists,
    }


def _unit(unit: str) -> str:
    return say("yuan") if unit == Unit.YUAN else "kWh"
