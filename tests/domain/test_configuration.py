"""Each mistake of a configuration is named with the thing it is about; what is just possible is none (C-3)."""

from typing import Any

import msgspec
import pytest

from gateway.contract.commands import Configure
from gateway.contract.rules import (
    AccountRule,
    BindingRule,
    BucketRule,
    CalendarException,
    CalendarRule,
    EmergencyRule,
    GroupKind,
    GroupRule,
    HighPowerRule,
    PolicyRule,
    PowerCapRule,
    PriceRule,
    PriceStep,
    PriceWindow,
    SoftwareControlRule,
    WeekWindow,
)
from gateway.domain.configuration import mistakes

PAID, FREE = BucketRule("paid", "yuan", 2, True), BucketRule("free", "kwh", 1, False)
ACCOUNT = AccountRule("a1", "1-301", "t", "yuan", [FREE, PAID])
PRICE = PriceRule("p1", "t", 0, 558_300)
GROUP = GroupRule("g1", GroupKind.FLOOR, "m0", ["m1", "m2"])
WINDOW = WeekWindow([1], 0, 60)


def account(**changes: Any) -> AccountRule:
    return msgspec.structs.replace(ACCOUNT, **changes)


def price(**changes: Any) -> PriceRule:
    return msgspec.structs.replace(PRICE, **changes)


def group(**changes: Any) -> GroupRule:
    return msgspec.structs.replace(GROUP, **changes)


def configure(**changes: Any) -> Configure:
    whole = Configure(1, [ACCOUNT], [BindingRule("b1", "m1", "a1", 0)], [PRICE], groups=[GROUP])
    return msgspec.structs.replace(whole, **changes)


def named(calendar: str, window: WeekWindow = WINDOW, **changes: Any) -> PolicyRule:
    return PolicyRule(calendars=[CalendarRule(calendar, [window], **changes)])


ACCOUNTS: dict[str, list[AccountRule]] = {
    "account a1 is listed twice": [ACCOUNT, ACCOUNT],
    "account a1: tariff gone has no price": [account(tariff="gone")],
    "account a1: a unit is neither yuan nor kwh": [account(unit="euro")],
    "account a1: there is no bucket named paid": [account(buckets=[FREE])],
    "account a1: a bucket is listed twice": [account(buckets=[PAID, FREE, FREE])],
    "account a1: a leeway is below zero": [account(no_cut_extra=-1)],
    "account a1: its estimate is below zero": [account(software=SoftwareControlRule(0, -1))],
    "account a1: a power rule acts on a single reading": [account(power_cap=PowerCapRule(confirmations=1))],
    "account a1: a power rule's restoring is below zero": [
        account(power_cap=PowerCapRule(restore_after_s=-1))
    ],
    "account a1: the night cap has no night": [account(power_cap=PowerCapRule(night_limit_w=1))],
    "account a1: the power step is not above zero": [account(high_power=HighPowerRule(0))],
    "account a1: the overdraft is below zero": [account(overdraft=-1)],
    "account a1: the greatest power is not above zero": [account(max_power_w=0)],
    "account a1: there is no calendar nights": [account(lights_out="nights")],
}
ALSO_ACCOUNTS = [
    ("account a1: a unit is neither yuan nor kwh", account(buckets=[PAID, BucketRule("b", "kg", 3, False)])),
    ("account a1: a leeway is below zero", account(isolated_extra=-1)),
    ("account a1: a leeway is below zero", account(emergency=EmergencyRule(-1))),
    (
        "account a1: a power rule acts on a single reading",
        account(high_power=HighPowerRule(1, confirmations=1)),
    ),
    (
        "account a1: a power rule's restoring is below zero",
        account(high_power=HighPowerRule(1, restores_per_day=-1)),
    ),
    ("account a1: there is no calendar nights", account(no_cut="nights")),
    ("account a1: there is no calendar nights", account(power_cap=PowerCapRule(night="nights"))),
]
PRICES: dict[str, list[PriceRule]] = {
    "price p1 is listed twice": [PRICE, PRICE],
    "price p1 is below zero": [price(windows=[PriceWindow(WINDOW, -1)])],
    "price p1: a window's days are 1 to 7": [price(windows=[PriceWindow(WeekWindow([0], 0, 60), 1)])],
    "price p1: its steps don't rise from above zero": [price(steps=[PriceStep(0, 1)])],
    "price p1: a step lowers the price": [price(steps=[PriceStep(1, -1)])],
    "price p1: no place on earth has this offset from UTC": [price(utc_offset_minutes=-721)],
}
RISING = "price p1: its steps don't rise from above zero"
GROUPS: dict[str, list[GroupRule]] = {
    "group g1: a meter is listed twice": [group(subs=["m1", "m1"])],
    "group g1: nothing is counted behind the master": [group(subs=[])],
    "group g1: there is no group h": [group(sub_groups=["h"])],
    "group g1: a number is below zero": [group(sub_class_ppm=-1)],
    "group g1 is counted behind itself": [group(sub_groups=["g1"])],
}
POLICIES = {
    "calendar w: a window's days are 1 to 7": named("w", WeekWindow([], 0, 60)),
    "calendar w: a window lies outside the day": named("w", WeekWindow([7], 0, 1_441)),
    "calendar w: no place on earth has this offset from UTC": named("w", utc_offset_minutes=841),
}
OUTSIDE = [
    WeekWindow([1], -1, 60),
    WeekWindow([1], 1_440, 60),
    WeekWindow([1], 60, 0),
    WeekWindow([1], 0, 1_441),
]

CASES: list[tuple[str, dict[str, Any]]] = [
    *((mistake, {"accounts": accounts}) for mistake, accounts in ACCOUNTS.items()),
    *((mistake, {"accounts": [one]}) for mistake, one in ALSO_ACCOUNTS),
    *((mistake, {"prices": prices}) for mistake, prices in PRICES.items()),
    (RISING, {"prices": [price(steps=[PriceStep(2, 0), PriceStep(1, 0)])]}),
    (RISING, {"prices": [price(steps=[PriceStep(2, 0), PriceStep(2, 0)])]}),
    *((mistake, {"groups": groups}) for mistake, groups in GROUPS.items()),
    ("group g1: a meter is listed twice", {"groups": [group(master="m2")]}),
    *(("group g1: a number is below zero", {"groups": [group(**{field: -1})]})
      for field in ("own_use_w", "fixed_loss_ppm", "tolerance_ppm", "master_class_ppm")),
    *((mistake, {"policy": policy}) for mistake, policy in POLICIES.items()),
    *(("calendar w: a window lies outside the day", {"policy": named("w", window)}) for window in OUTSIDE),
    ("calendar w: a window lies outside the day",
     {"policy": named("w", exceptions=[CalendarException(0, 1, OUTSIDE[:1])])}),
    ("binding b1 is listed twice", {"bindings": [BindingRule("b1", "m1", "a1", 0), BindingRule("b1", "m2", "a1", 0)]}),
    ("binding b2: there is no account a2", {"bindings": [BindingRule("b2", "m1", "a2", 0)]}),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "changes"), CASES)
def test_each_mistake_is_named_and_nothing_else_is(mistake: str, changes: dict[str, Any]) -> None:
    assert mistakes(configure(**changes), []) == [mistake]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"prices": [price(micro_yuan_per_kwh=0, windows=[PriceWindow(WINDOW, 0)])]},
        {"prices": [price(steps=[PriceStep(1, 0), PriceStep(2, 0)], utc_offset_minutes=-720)]},
        {
            "accounts": [
                account(software=SoftwareControlRule(0, 0), emergency=EmergencyRule(0), max_power_w=1)
            ]
        },
        {"accounts": [account(power_cap=PowerCapRule(0, 5, "desk-closed", 2, 0, 0))]},
        {
            "accounts": [
                account(high_power=HighPowerRule(1, confirmations=2, restore_after_s=0, restores_per_day=0))
            ]
        },
        {
            "accounts": [account(lights_out="w")],
            "policy": named("w", WeekWindow([*range(1, 8)], 1_439, 1_440)),
        },
        {
            "accounts": [account(no_cut="")],
            "policy": named("w", WeekWindow([1], 0, 1), utc_offset_minutes=840),
        },
        {"groups": [group(tolerance_ppm=0, master_class_ppm=0, sub_class_ppm=0)]},
        {"groups": [GROUP, group(from_ms=5)]},
        {"groups": [group(subs=[], sub_groups=["g2"]), GroupRule("g2", GroupKind.FLOOR, "m3", ["m4"])]},
    ],
)
def test_what_is_just_possible_is_no_mistake(changes: dict[str, Any]) -> None:
    assert mistakes(configure(**changes), []) == []


def test_a_tariff_that_was_priced_before_needs_no_price_again() -> None:
    assert mistakes(configure(prices=[]), ["t"]) == []


def test_a_name_that_no_topic_could_carry_is_refused() -> None:
    (said,) = mistakes(configure(accounts=[account(account="a 1")], bindings=[]), [])
    assert said.startswith("account a 1: ")
    (said,) = mistakes(configure(groups=[group(group="g 1")]), [])
    assert said.startswith("group g 1: ")


def test_a_ring_of_groups_is_named_for_each_that_counts_itself() -> None:
    ring = [group(group=f"g{n}", master=f"x{n}", subs=[], sub_groups=[f"g{n % 3 + 1}"]) for n in (1, 2, 3)]
    above = group(group="g0", master="x0", sub_groups=["g1"])
    assert mistakes(configure(groups=[above, *ring]), []) == [
        f"group g{n} is counted behind itself" for n in (1, 2, 3)
    ]
