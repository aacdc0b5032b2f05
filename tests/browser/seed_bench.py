"""Bench records as the workshop sees them: one good, one that failed, one undecided, with a maker's Chinese name."""

from central import clock
from central.workshop.bench.operations import Taken, import_record
from gateway.contract.bench_record import BenchRecord, BenchTest, Occasion, Verdict, overall, write_record

TESTS = (
    (BenchTest("identity", Verdict.PASSED), BenchTest("energy", Verdict.PASSED)),
    (
        BenchTest("identity", Verdict.FAILED, "other-model"),
        BenchTest("relay", Verdict.FAILED, "current-flows"),
    ),
    (BenchTest("energy", Verdict.UNDECIDED, "too-coarse"),),
)


def bench() -> None:
    """Import three records."""
    now_ms = clock.now_ms()
    for number, tests in enumerate(TESTS):
        record = BenchRecord(
            v=1,
            id=f"{number:032x}",
            occasion=Occasion.REPAIR if number == 2 else Occasion.GOODS_IN,
            at_ms=now_ms - 60_000,
            verdict=overall(tests),
            model="generic-dlt645-2007",
            maker="浙江某某电表有限公司",
            identity=f"00241111{number:04}",
            order="PO-2026-0117",
            tester="李师傅",
            tests=tests,
        )
        taken = import_record(write_record(record), trusted=frozenset(), actor="console", now_ms=now_ms)
        assert taken is Taken.IMPORTED
