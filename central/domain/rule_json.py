"""The parts of a gateway's rules that central keeps as JSON, by the message's own names: read, and checked as the gateway would.

Pure. What names other things (a calendar, a tariff) can only be judged with the whole building: `gateway.domain.configuration`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from gateway.contract.commands import Configure
from gateway.contract.identifiers import AccountId
from gateway.contract.rules import (
    AccountRule,
    BucketRule,
    GroupRule,
    PolicyRule,
    PriceRule,
    PriceStep,
    PriceWindow,
)
from gateway.domain.buckets import PAID
from gateway.domain.configuration import mistakes


class RuleKind(StrEnum):
    """Which part of the rules; also the name by which people set it."""

    CLASS_LIMITS = "class-limits"
    CLASS_WARNINGS = "class-warnings"
    CLASS_OVERDRAFT = "class-overdraft"
    POINT_LIMITS = "point-limits"
    POINT_POWER = "point-power"
    BUILDING_POLICY = "building-policy"
    BUILDING_GROUPS = "building-groups"
    PRICE_WINDOWS = "price-windows"
    PRICE_STEPS = "price-steps"


class RuleFault(StrEnum):
    """What is wrong with a part; a text key for pages."""

    NOT_THE_FORM = "not-the-form"
    """It can't be read as what the gateway takes."""
    UNKNOWN_NAME = "unknown-name"
    """A gateway would ignore it: a slip of the pen must not look like a rule."""
    BROKEN_RULE = "broken-rule"
    """The gateway would refuse it, in its own words."""


@dataclass(frozen=True, slots=True)
class RuleMistake:
    """One mistake: where it stands (`class dormitory`), and the name, the error or the gateway's sentence."""

    where: str
    fault: RuleFault
    detail: str


KEPT_APART = frozenset(
    [
        "account",
        "room",
        "tariff",
        "unit",
        "buckets",
        "billing",
        "cut_off",
        "protected",
        "overdraft",
        "warn_at",
        "max_power_w",
        "pays_from",
    ]
)
"""An account's fields that have columns of their own, and are not limits."""
_Limits = msgspec.defstruct(
    "_Limits",
    [
        (field.name, field.type, msgspec.field(default=field.default))
        for field in msgspec.structs.fields(AccountRule)
        if field.name not in KEPT_APART
    ],
)
MOST_AMOUNT, MOST_POWER_W = 10**15, 2**31 - 1
"""What their columns hold on every database."""
_FORMS: dict[RuleKind, Any] = {
    RuleKind.CLASS_LIMITS: _Limits,
    RuleKind.CLASS_WARNINGS: list[int],
    RuleKind.CLASS_OVERDRAFT: Annotated[int, msgspec.Meta(le=MOST_AMOUNT)],
    RuleKind.POINT_POWER: Annotated[int, msgspec.Meta(le=MOST_POWER_W)],
    RuleKind.POINT_LIMITS: _Limits,
    RuleKind.BUILDING_POLICY: PolicyRule,
    RuleKind.BUILDING_GROUPS: list[GroupRule],
    RuleKind.PRICE_WINDOWS: list[PriceWindow],
    RuleKind.PRICE_STEPS: list[PriceStep],
}


def shape_mistakes(kind: RuleKind, value: object, where: str = "") -> list[RuleMistake]:
    """List what is wrong with a part by itself; empty when there is nothing."""
    try:
        read = msgspec.convert(value, _FORMS[kind])
    except msgspec.ValidationError as error:
        return [RuleMistake(where, RuleFault.NOT_THE_FORM, str(error))]
    unknown = list(_unknown_names(value, msgspec.to_builtins(read)))
    if kind is RuleKind.CLASS_LIMITS and isinstance(value, dict) and "software" in value:
        unknown.append("software")
    if unknown:
        return [RuleMistake(where, RuleFault.UNKNOWN_NAME, name) for name in unknown]
    broken = (text for text in mistakes(_sample(kind, read), []) if "there is no" not in text)
    return [RuleMistake(where, RuleFault.BROKEN_RULE, text) for text in broken]


def _unknown_names(given: object, kept: object, path: str = "") -> Iterator[str]:
    if isinstance(given, dict) and isinstance(kept, dict):
        for name, value in given.items():
            if name in kept:
                yield from _unknown_names(value, kept[name], f"{path}{name}.")
            else:
                yield f"{path}{name}"
    elif isinstance(given, list) and isinstance(kept, list):
        for value, taken in zip(given, kept, strict=True):
            yield from _unknown_names(value, taken, path)


def _sample(kind: RuleKind, read: Any) -> Configure:
    """A building of one sound account, with this part in it."""
    account = AccountRule(AccountId("a"), "a", "t", "yuan", [BucketRule(PAID, "yuan", 1, True)])
    price, policy, groups = PriceRule("p", "t", 0, 0), PolicyRule(), list[GroupRule]()
    match kind:
        case RuleKind.CLASS_LIMITS | RuleKind.POINT_LIMITS:
            account = msgspec.structs.replace(account, **msgspec.structs.asdict(read))
        case RuleKind.CLASS_WARNINGS:
            account = msgspec.structs.replace(account, warn_at=read)
        case RuleKind.CLASS_OVERDRAFT:
            account = msgspec.structs.replace(account, overdraft=read)
        case RuleKind.POINT_POWER:
            account = msgspec.structs.replace(account, max_power_w=read)
        case RuleKind.BUILDING_POLICY:
            policy = read
        case RuleKind.BUILDING_GROUPS:
            groups = read
        case RuleKind.PRICE_WINDOWS:
            price = msgspec.structs.replace(price, windows=read)
        case RuleKind.PRICE_STEPS:
            price = msgspec.structs.replace(price, steps=read)
    return Configure(0, [account], [], [price], policy, groups=groups)
