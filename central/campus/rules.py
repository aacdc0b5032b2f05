"""The one way into the gateway's rules that the campus keeps as JSON: read, checked with the whole building, then saved.

What is accepted here is not refused by a gateway: the check is its own (`gateway.domain.configuration`).
Refusals name every mistake.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db import transaction
from django.db.models import F

from central.campus.gateway_rules import RulesUnusable, rules_of
from central.campus.models import Building, CustomerClass, MeteringPoint, Price
from central.campus.signals import changed
from central.domain.rule_json import RuleFault, RuleKind, RuleMistake, shape_mistakes
from gateway.domain.configuration import mistakes

Holder = Building | CustomerClass | MeteringPoint
PLACES: dict[RuleKind, tuple[type[Holder], str, str]] = {
    RuleKind.CLASS_LIMITS: (CustomerClass, "limits", "class"),
    RuleKind.CLASS_WARNINGS: (CustomerClass, "warn_at", "class"),
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


@transaction.atomic
def set_rules(
    kind: RuleKind, code: str, value: object, *, actor: str, now_ms: int
) -> RulesSet | Mistaken | NoSuchThing:
    """Replace a part of the rules, or name every mistake that it would make in any building, and save nothing.

    Mistakes that were there before don't stand in the way of a change that makes none.
    """
    model, field, word = PLACES[kind]
    holder = model._default_manager.select_for_update().filter(code=code).first()
    if holder is None:
        return NoSuchThing(f"{word} {code}")
    found = shape_mistakes(kind, value, f"{word} {code}")
    if found:
        return Mistaken(tuple(found))
    buildings = list(_buildings_of(holder))
    before = set(whole_mistakes(buildings))
    setattr(holder, field, value)
    holder.save(update_fields=[field])
    made = [one for one in whole_mistakes(_buildings_of(holder)) if one not in before]
    if made:
        transaction.set_rollback(True)
        return Mistaken(tuple(made))
    Building.objects.filter(pk__in=[b.pk for b in buildings]).update(revision=F("revision") + 1)
    changed.send(
        sender=Building, actor=actor, action=f"set-{kind.value}", subject=code, detail=str(value)[:200], now_ms=now_ms
    )  # fmt: skip
    return RulesSet(tuple(building.code for building in buildings))


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


def _buildings_of(holder: Holder) -> Iterable[Building]:
    every = Building.objects.order_by("code").distinct()
    if isinstance(holder, CustomerClass):
        return every.filter(rooms__point__customer_class=holder)
    if isinstance(holder, MeteringPoint):
        return every.filter(rooms__point=holder)
    return every.filter(pk=holder.pk)


def whole_mistakes(buildings: Iterable[Building]) -> list[RuleMistake]:
    """Name everything for which a gateway would refuse the configuration of one of these buildings."""
    found: list[RuleMistake] = []
    for building in buildings:
        where = f"building {building.code}"
        try:
            rules = rules_of(building)
        except RulesUnusable as error:
            found.append(RuleMistake(where, RuleFault.NOT_THE_FORM, str(error)))
            continue
        found += [RuleMistake(where, RuleFault.BROKEN_RULE, text) for text in mistakes(rules, [])]
    return found
