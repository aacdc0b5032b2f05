"""The bench's report on paper: what passed by model and maker, each device with its tests, what failed and why, signatures.

A4 portrait, in the reader's language. Loads reportlab; only who prints imports it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, Spacer

from firmware_tools.bench.tally import BAD, day_of, failed_tests, groups_of
from firmware_tools.bench.words_of_tests import (
    MARKS,
    NAMES,
    OCCASIONS,
    VERDICTS,
    measured_words,
    reason_words,
    test_name,
)
from gateway.contract.bench_record import BenchRecord, BenchTest, Verdict
from gateway.words import mark, say
from gateway.words.paper import HEAD, MIDDLE, SMALL, TITLE, pdf_of, signatures_of, table_of, text_of

ON_PAPER = MARKS | {Verdict.FAILED: "×", Verdict.SKIPPED: "–"}
"""With glyphs that the fonts of papers have."""
SIGNERS = (mark("Tested by"), mark("Store keeper"))
BY_MODEL = [62 * mm, 40 * mm, *([20 * mm] * len(Verdict))]
EACH = [19 * mm, 32 * mm, 45 * mm, 26 * mm, *([7 * mm] * len(NAMES)), 25 * mm]
WRONG = [32 * mm, 24 * mm, 7 * mm, 119 * mm]


def report_pdf(records: Sequence[BenchRecord], left_out: Sequence[tuple[str, str]], now_ms: int) -> bytes:
    """Give the report as PDF bytes. `records`: by time, at least one; `left_out`: files that are no records, and why.

    Raises NoFont.
    """
    title = say("Bench report")
    story = [
        text_of(title, TITLE),
        Spacer(0, 5 * mm),
        *_summary(records),
        *_devices(records),
        *_wrong(records),
        *_left_out(left_out),
        KeepTogether(signatures_of([say(signer) for signer in SIGNERS])),
    ]
    printed = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    testers = dict.fromkeys(record.tester for record in records if record.tester)
    return pdf_of(title, ", ".join(testers), printed, story)


def _summary(records: Sequence[BenchRecord]) -> Iterator[Flowable]:
    first, last = day_of(records[0]), day_of(records[-1])
    yield text_of(say("{count} records, {first} to {last} (UTC)", count=len(records), first=first, last=last))
    if failed := failed_tests(records):
        told = ", ".join(f"{test_name(name)} {count}" for name, count in failed.most_common())
        yield text_of(say("Failed or undecided, by test: {tests}", tests=told))
    yield text_of(say("By model and maker"), HEAD)
    head = [say("model"), say("maker"), *(say(VERDICTS[one]) for one in Verdict)]
    rows = [
        [model, maker or "-", *(str(counts.get(one.value, 0)) for one in Verdict)]
        for (model, maker), counts in groups_of(records).items()
    ]
    yield table_of([head, *rows], BY_MODEL)


def _devices(records: Sequence[BenchRecord]) -> Iterator[Flowable]:
    yield text_of(say("Each device"), HEAD)
    words = (say("day (UTC)"), say("device number"), say("model, maker"), say("occasion, order"))
    numbers = (text_of(str(place), MIDDLE) for place in range(1, len(NAMES) + 1))
    head = [*(text_of(word, SMALL) for word in words), *numbers, text_of(say("verdict; tested by"), SMALL)]
    yield table_of([head, *(_row(record) for record in records)], EACH, made=True)
    tests = ", ".join(f"{place} {test_name(name)}" for place, name in enumerate(NAMES, start=1))
    yield Spacer(0, 1.5 * mm)
    yield text_of(say("Tests: {tests}", tests=tests), SMALL)
    legend = ", ".join(f"{ON_PAPER[verdict]} {say(VERDICTS[verdict])}" for verdict in Verdict)
    yield text_of(legend, SMALL)


def _row(record: BenchRecord) -> list[Flowable]:
    verdicts = {test.name: test.verdict for test in record.tests}
    ticks = [ON_PAPER[verdicts[name]] if name in verdicts else "" for name in NAMES]
    occasion = say(OCCASIONS[record.occasion])
    return [
        text_of(day_of(record), SMALL),
        text_of(_number(record), SMALL),
        text_of(" ".join(filter(None, (record.model, record.maker))), SMALL),
        text_of("\n".join(filter(None, (occasion, record.order))), SMALL),
        *(text_of(tick, MIDDLE) for tick in ticks),
        text_of("\n".join(filter(None, (say(VERDICTS[record.verdict]), record.tester))), SMALL),
    ]


def _wrong(records: Sequence[BenchRecord]) -> Iterator[Flowable]:
    """Everything that failed or could not be told, with its reason and what was measured."""
    rows = [
        [_number(record), test_name(test.name), ON_PAPER[test.verdict], _why(test)]
        for record in records
        for test in record.tests
        if test.verdict in BAD
    ]
    if rows:
        yield text_of(say("What failed or is undecided"), HEAD)
        yield table_of(rows, WRONG, head=False)


def _left_out(left_out: Sequence[tuple[str, str]]) -> Iterator[Flowable]:
    if left_out:
        yield text_of(say("Files left out"), HEAD)
        yield table_of(list(left_out), [100 * mm, 82 * mm], head=False)


def _number(record: BenchRecord) -> str:
    return record.identity or record.address or "-"


def _why(test: BenchTest) -> str:
    return "; ".join(filter(None, (reason_words(test.reason), measured_words(test))))
