"""The figure on a screen between two settlements: what the gateway's next settlement would leave, or nothing at all."""

from dataclasses import replace

import pytest

from central.domain.live_balance import MeterSince, estimate, used_since_wh
from gateway.contract.quantities import MicroYuanPerKwh
from gateway.domain.buckets import Bucket

PRICE = MicroYuanPerKwh(558_300)
READ = MeterSince(10_000, 1_000, register_wh=12_000, read_ms=2_000, outcome="advanced")


@pytest.mark.parametrize(
    ("change", "used_wh"),
    [
        ({}, 2_000),
        ({"outcome": "unchanged", "register_wh": 10_000}, 0),
        ({"outcome": "first"}, 2_000),
        ({"read_ms": 1_000}, 0),  # the settlement came over the link before its own reading
        ({"read_ms": 900, "register_wh": 9_000}, 0),
        ({"register_wh": 9_999}, None),
        ({"outcome": "rollover", "register_wh": 12}, None),
        ({"outcome": "backwards"}, None),
        ({"outcome": "zero-glitch"}, None),
        ({"outcome": "implausible"}, None),
        ({"outcome": "replaced"}, None),
        ({"outcome": "a-name-of-later-years"}, None),
        ({"is_in_doubt": True}, None),
        ({"settled_register_wh": None}, None),
        ({"register_wh": None}, None),
    ],
)
def test_energy_since_the_last_settlement(change: dict[str, object], used_wh: int | None) -> None:
    assert used_since_wh(replace(READ, **change)) == used_wh


def held(*balances: tuple[str, int]) -> list[Bucket]:
    return [
        Bucket(f"b{n}" if unit == "kwh" else "paid", unit, 0, left) for n, (unit, left) in enumerate(balances)
    ]


@pytest.mark.parametrize(
    ("buckets", "own_unit", "after"),
    [
        (held(("yuan", 5_000_000)), "yuan", [5_000_000 - 1_116_600]),
        (held(("yuan", 500_000)), "yuan", [-616_600]),
        (held(("yuan", -1)), "yuan", [-1_116_601]),
        ([Bucket("paid", "kwh", 0, 3_000)], "kwh", [1_000]),
        ([Bucket("paid", "kwh", 0, 1_500)], "kwh", [-500]),
        # Free kWh first, as the class's order says; only the rest costs money.
        (held(("kwh", 1_200), ("yuan", 5_000_000)), "yuan", [0, 5_000_000 - 446_640]),
    ],
)
def test_it_is_what_the_next_settlement_would_leave(
    buckets: list[Bucket], own_unit: str, after: list[int]
) -> None:
    live = estimate(buckets, [(READ, PRICE)], own_unit)
    assert live is not None
    assert [bucket.balance for bucket in live] == after


def test_several_meters_share_one_balance() -> None:
    """Each at its own price, to the micro-yuan of the sum."""
    dearer = MicroYuanPerKwh(1_000_001)
    live = estimate(held(("yuan", 5_000_000)), [(READ, PRICE), (READ, dearer)], "yuan")
    assert live is not None
    assert live[0].balance == 5_000_000 - 1_116_600 - 2_000_002


@pytest.mark.parametrize(
    "meters", [[], [replace(READ, register_wh=10_000)], [READ, replace(READ, is_in_doubt=True)]]
)
def test_no_estimate_where_nothing_was_used_or_one_meter_cannot_tell(meters: list[MeterSince]) -> None:
    assert estimate(held(("yuan", 5_000_000)), [(meter, PRICE) for meter in meters], "yuan") is None
