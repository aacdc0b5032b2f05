"""The one way into the gateway's rules that the campus keeps as JSON: read, checked with the whole building, then saved.

What is accepted here is not refused by a gateway: the check is its own (`gateway.domain.configuration`).
Refusals name every mistake.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from django.db import transaction

from central.campus.changes import touch
from central.campus.gateway_rules import Instead, Readable, RulesUnusable, rules_before_and_after, rules_of
from central.campus.models import Building, CustomerClass, MeteringPoint, Price
from central.campus.signals import changed
from central.domain.rule_json import RuleFault, RuleKind, RuleMistake, shape_mistakes
from gateway.domain.configuration import mistakes

Holder = Building | CustomerClass | MeteringPoint
PLACES: dict[RuleKind, tuple[type[Holder], str, str]] = {
    RuleKind.CLASS_LIMITS: (CustomerClass, "limits", "class"),
    RuleKind.CLASS_WARNINGS: (CustomerClass, "warn_at", "class"),
    RuleKind.CLASS_OVERDRAFT: (CustomerClass, "overdraft", "class"),
    RuleKind.POINT_POWER: (MeteringPoint, "max_power_w", "point"),
    RuleKind.POINT_LIMITS: (MeteringPoint, "limits", "point"),
    RuleKind.BUILDING_POLICY: (Building, "policy", "building"),
    RuleKind.BUILDING_GROUPS: (Building, "groups", "building"),
}
"""Where each part that can be set is kept. A price's parts are said when it is published, and never changed (C-9)."""


@dataclass(frozen=True, slots=True)
class NoSuchThing:
    """There is no class, point or building of this code."""

    where: str


@dataclass(frozen=True, slots=True)
class Mistaken:
    """Nothing was saved; every mistake by name."""

    mistakes: tuple[RuleMistake, ...]


@dataclass(frozen=True, slots=True)
class RulesSet:
    """It was saved; the buildings whose gateways are told."""

    buildings: tuple[str, ...]


def rules_now(kind: RuleKind, code: str) -> object | NoSuchThing:
    """Give a part as it is stored."""
    model, field, word = PLACES[kind]
    holder = model._default_manager.filter(code=code).first()
    return NoSuchThing(f"{word} {code}") if holder is None else getattr(holder, field)


def set_rules(
    kind: RuleKind, code: str, value: object, *, actor: str, now_ms: int
) -> RulesSet | Mistaken | NoSuchThing:
    """Replace a part of the rules, or name every mistake that it would make in any building, and save nothing.

    Mistakes that were there before don't stand in the way of a change that makes none.
    """
    return set_several({kind: value}, code, actor=actor, now_ms=now_ms)


@transaction.atomic
def set_several(
    values: Mapping[RuleKind, object], code: str, *, actor: str, now_ms: int
) -> RulesSet | Mistaken | NoSuchThing:
    """Replace several parts of one class, point or building together: all of them or none (see `set_rules`)."""
    model, _field, word = PLACES[next(iter(values))]
    holder = model._default_manager.select_for_update(no_key=True).filter(code=code).first()
    if holder is None:
        return NoSuchThing(f"{word} {code}")
    found = [one for kind, value in values.items() for one in shape_mistakes(kind, value, f"{word} {code}")]
    if found:
        return Mistaken(tuple(found))
    buildings = list(buildings_of(holder))
    instead = [Instead(holder, PLACES[kind][1], value) for kind, value in values.items()]
    made = [one for b in buildings for one in new_mistakes(b, *rules_before_and_after(b, instead))]
    if made:
        return Mistaken(tuple(made))
    for one in instead:
        setattr(holder, one.field, one.value)
    holder.save(update_fields=[one.field for one in instead])
    touch({building.code for building in buildings})
    for kind, value in values.items():
        changed.send(
            sender=Building, actor=actor, action=f"set-{kind.value}", subject=code, detail=str(value)[:200], now_ms=now_ms
        )  # fmt: skip
    return RulesSet(tuple(building.code for building in buildings))


def new_mistakes(building: Building, before: Readable, after: Readable) -> list[RuleMistake]:
    """Name what a gateway would refuse of a building after a change, and not before it."""
    known = set(_mistakes_of(building, before))
    return [one for one in _mistakes_of(building, after) if one not in known]


def _mistakes_of(building: Building, rules: Readable) -> list[RuleMistake]:
    where = f"building {building.code}"
    if isinstance(rules, RulesUnusable):
        return [RuleMistake(where, RuleFault.NOT_THE_FORM, str(rules))]
    return [RuleMistake(where, RuleFault.BROKEN_RULE, text) for text in mistakes(rules, [])]


def stored_mistakes() -> list[RuleMistake]:
    """Name everything stored that a gateway would not take: asked at start, so that a publication never stumbles over it."""
    alone = [
        *_alone(PLACES.items()),
        *(m for p in Price.objects.order_by("version") for m in _price_mistakes(p)),
    ]
    return alone or whole_mistakes(Building.objects.order_by("code"))


def _alone(places: Iterable[tuple[RuleKind, tuple[type[Holder], str, str]]]) -> Iterator[RuleMistake]:
    for kind, (model, field, word) in places:
        for code, value in model._default_manager.order_by("code").values_list("code", field):
            yield from shape_mistakes(kind, value, f"{word} {code}")


def _price_mistakes(price: Price) -> list[RuleMistake]:
    where = f"price {price.version}"
    return [
        *shape_mistakes(RuleKind.PRICE_WINDOWS, price.windows, where),
        *shape_mistakes(RuleKind.PRICE_STEPS, price.steps, where),
    ]


def buildings_of(holder: Holder) -> Iterable[Building]:
    """Give the buildings whose gateways a class's, point's or building's rules reach, by code."""
    every = Building.objects.order_by("code").distinct()
    if isinstance(holder, CustomerClass):
        return every.filter(rooms__point__customer_class=holder)
    if isinstance(holder, MeteringPoint):
        return every.filter(rooms__point=holder)
    return every.filter(pk=holder.pk)


def whole_mistakes(buildings: Iterable[Building]) -> list[RuleMistake]:
    """Name everything for which a gateway would refuse the configuration of one of these buildings."""
    return [one for building in buildings for one in _mistakes_of(building, _whole(building))]


def _whole(building: Building) -> Readable:
    try:
        return rules_of(building)
    except RulesUnusable as error:
        return error
