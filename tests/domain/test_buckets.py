"""Which bucket pays for which watt-hour, and the lines of an entry: tables beside the properties of test_money (C-1, C-4, C-7)."""

import dataclasses

import pytest

from gateway.contract.facts import EntryLine
from gateway.contract.rules import BucketRule, PriceRule
from gateway.domain.buckets import Bucket, Posting, in_order_of_use, spendable, taken, use_energy
from gateway.domain.ledger import Seen, audit_charges, bill_energy, kwh_part, lines_of, seen
from gateway.domain.tariff import Segment, Span

PRICE = PriceRule("p", "t", 0, 1_000)
"""A micro-yuan per watt-hour."""


def test_by_the_rules_order_then_by_the_earliest_end_and_what_no_rule_names_last() -> None:
    rules = [BucketRule("gift", "yuan", 1, False), BucketRule("paid", "yuan", 2, True)]
    names = [("gone", 1), ("paid", 0), ("gift", 0), ("gift", 9), ("gift", 5)]
    ordered = in_order_of_use([Bucket(name, "yuan", ends, 1) for name, ends in names], rules)
    assert [(bucket.name, bucket.expires_ms) for bucket in ordered] == [
        ("gift", 5),
        ("gift", 9),
        ("gift", 0),
        ("paid", 0),
        ("gone", 1),
    ]


GIFT, FREE = Bucket("gift", "yuan", 5, 1), Bucket("free", "kwh", 6, 10)


@pytest.mark.parametrize(
    ("buckets", "energy_wh", "price", "carried", "postings", "left_nano"),
    [
        ([GIFT], 1, 1_000, 0, [("gift", "yuan", 5, -1)], 0),
        ([GIFT], 2, 1_000, 0, [("gift", "yuan", 5, -1), ("paid", "yuan", 0, -1)], 0),
        ([GIFT], 2, 1_000, 999, [("gift", "yuan", 5, -1), ("paid", "yuan", 0, -1)], 999),
        ([GIFT], 4, 500, 0, [("gift", "yuan", 5, -1), ("paid", "yuan", 0, -1)], 0),
        # A bucket that can't pay a whole watt-hour leaves it to the next that can.
        ([GIFT, FREE], 3, 400_000, 0, [("free", "kwh", 6, -3)], 0),
        ([FREE, GIFT], 11, 1_000, 0, [("free", "kwh", 6, -10), ("gift", "yuan", 5, -1)], 0),
        ([FREE, GIFT], 10, 1_000, 7, [("free", "kwh", 6, -10)], 7),
        ([GIFT], 9, 0, 0, [], 0),
        ([], 0, 1_000, 3, [], 3),
    ],
)
def test_each_watt_hour_is_paid_whole_by_the_first_that_can(
    buckets: list[Bucket],
    energy_wh: int,
    price: int,
    carried: int,
    postings: list[tuple[str, str, int, int]],
    left_nano: int,
) -> None:
    usage = use_energy(buckets, energy_wh, price, carried, "yuan")
    assert usage.postings == tuple(Posting(*posting) for posting in postings)
    assert usage.carried == left_nano


@pytest.mark.parametrize(
    ("bucket", "unit", "price", "told"),
    [
        (Bucket("b", "kwh", 0, 1), "yuan", 999, 0),
        (Bucket("b", "kwh", 0, 2), "yuan", 999, 1),
        (Bucket("b", "yuan", 0, 5), "kwh", 1, 5_000),
        (Bucket("b", "yuan", 0, 5), "kwh", 0, 5),
        (Bucket("b", "kwh", 0, 5), "kwh", 0, 5),
    ],
)
def test_credit_in_the_other_unit_is_told_at_the_price_rounded_down(
    bucket: Bucket, unit: str, price: int, told: int
) -> None:
    assert spendable([bucket], unit, price) == told


def test_what_is_taken_back_comes_from_positive_credit_in_order_of_use() -> None:
    held = [
        Bucket("gift", "kwh", ends, left) for ends, left in ((1, 0), (2, 100), (3, -4), (4, 100), (5, 100))
    ]
    assert taken([Bucket("paid", "yuan", 0, 900), *held], "gift", 150) == (
        Posting("gift", "kwh", 2, -100),
        Posting("gift", "kwh", 4, -50),
    )


@pytest.mark.parametrize(
    ("stored", "meaning"),
    [
        (None, Seen.NEW),
        (b"x", Seen.EXISTS),
        (b"y", Seen.EXISTS_WITH_DIFFERENT),
        (b"", Seen.EXISTS_WITH_DIFFERENT),
    ],
)
def test_what_an_originators_id_means(stored: bytes | None, meaning: Seen) -> None:
    """C-1."""
    assert seen(stored, b"x") is meaning


def test_energy_of_an_unknown_time_costs_the_lowest_price_for_now() -> None:
    """C-14."""
    dearer = PriceRule("q", "t", 5, 2_000)
    bill = bill_energy([], 7, None, (PRICE, dearer), 0, "yuan")
    assert [charge.segment for charge in bill.charges] == [Segment(7, Span(0, 0), PRICE, 1_000)]
    assert [charge.provisional for charge in bill.charges] == [True]
    assert bill.months == ()


def test_an_entrys_lines_are_its_postings_by_bucket_and_a_new_day_has_none() -> None:
    postings = [
        Posting("gift", "yuan", 5, -10),
        Posting("gift", "yuan", 9, 10),
        Posting("free", "kwh", 5, -20),
        Posting("free", "kwh", 0, -3),
        Posting("paid", "yuan", 0, -4),
    ]
    after = [Bucket("free", "kwh", 0, 7), Bucket("free", "kwh", 5, 1), Bucket("paid", "yuan", 0, -4)]
    lines = lines_of(postings, after)
    assert lines == [EntryLine("free", "kwh", -23, 8), EntryLine("paid", "yuan", -4, -4)]
    assert kwh_part(lines) == 23


def test_an_entry_whose_money_is_not_its_energy_is_never_written() -> None:
    """C-17."""
    charge = bill_energy([FREE], 30, Span(0, 1), (PRICE,), 0, "yuan").charges[0]
    assert audit_charges([charge], 30, 0) == ""
    assert audit_charges([charge], 31, 0) == "the parts of an interval don't add up to its energy"
    wrong = "the money of an entry is not its energy times its price"
    assert audit_charges([charge], 30, 1) == wrong
    assert audit_charges([dataclasses.replace(charge, postings=charge.postings[:1])], 30, 0) == wrong
    assert audit_charges([dataclasses.replace(charge, postings=charge.postings[1:])], 30, 0) == wrong
