"""Bench records for a page."""

import json
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from central.workshop.bench.models import BenchRecord
from central.workshop.bench.words import reason_words, test_words

NEWEST = 200


@dataclass(frozen=True, slots=True)
class Row:
    """One record, with the tests that were not passed in words."""

    record: BenchRecord
    troubles: tuple[str, ...]


def newest(verdict: str = "") -> list[Row]:
    """Give the records imported last; only those of one verdict where one is named."""
    records = BenchRecord.objects.all()
    if verdict in BenchRecord.Verdict.values:
        records = records.filter(verdict=verdict)
    return [row_of(record) for record in records[:NEWEST]]


def records_of(*numbers: str) -> QuerySet[BenchRecord]:
    """Give what the bench wrote of a device under one of its numbers, as identity or address; case doesn't count. Newest first."""
    is_it = Q(pk__in=[])
    for number in filter(None, numbers):
        is_it |= Q(identity__iexact=number) | Q(address__iexact=number)
    return BenchRecord.objects.filter(is_it).order_by("-at_ms", "-imported_ms")


def row_of(record: BenchRecord) -> Row:
    """Give one record with what was not passed."""
    return Row(record, _troubles(record))


def _troubles(record: BenchRecord) -> tuple[str, ...]:
    tests: list[dict[str, Any]] = json.loads(record.content)["tests"]
    return tuple(
        f"{test_words(test['name'])}: {reason_words(test.get('reason', ''))}"
        for test in tests
        if test["verdict"] in ("failed", "undecided")
    )
