"""What bench records come to: by model and maker, by test. Pure."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

from gateway.contract.bench_record import BenchRecord, Verdict

BAD = (Verdict.FAILED, Verdict.UNDECIDED)


def groups_of(records: Iterable[BenchRecord]) -> dict[tuple[str, str], Counter[str]]:
    """Count the verdicts of each model and maker, in the order of their names."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for record in sorted(records, key=lambda one: (one.model, one.maker)):
        found.setdefault((record.model, record.maker), Counter())[record.verdict.value] += 1
    return found


def failed_tests(records: Iterable[BenchRecord]) -> Counter[str]:
    """Count what failed or stayed undecided, by the test's name."""
    return Counter(test.name for record in records for test in record.tests if test.verdict in BAD)


def day_of(record: BenchRecord) -> str:
    """Give the day, UTC."""
    return datetime.fromtimestamp(record.at_ms / 1000, UTC).strftime("%Y-%m-%d")
