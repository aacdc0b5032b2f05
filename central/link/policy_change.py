"""A change of what gateways decide by, as people ask for it: tried out first, carried out when it is signed (R-B1, C-3).

Plain data that an approval keeps: the place, each part as it shall be, and as it was when somebody asked. What was changed
meanwhile is not overwritten: the request ends, and is asked anew.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from central.campus.gateway_rules import Instead, RulesUnusable, rules_before_and_after
from central.campus.models import Building, CustomerClass, MeteringPoint, Room
from central.campus.operations import Refused, set_protected
from central.campus.rule_words import mistake_words
from central.campus.rules import PLACES, RulesSet, buildings_of, new_mistakes, set_several
from central.domain.rule_json import RuleFault, RuleKind, RuleMistake, shape_mistakes
from central.link.models import Gateway
from central.link.what_if import CUT, Otherwise, instants_of_today, parted
from central.office.acts import Approved
from gateway.contract.facts import DecisionKind

PROTECTED = "point-protected"
"""A part beside the rules: a room that is never cut (C-16)."""
OLD_AFTER_MS = 15 * 60_000
"""A gateway that was not heard for so long may have decided since."""
ISOLATION = ("isolated_after_s", "isolated_until_ms", "isolated_extra")
Holder = Building | CustomerClass | MeteringPoint


class Place(StrEnum):
    """Whose rules are changed; the word of the address."""

    CLASS = "class"
    BUILDING = "building"
    ROOM = "room"


MODELS: dict[Place, type[Holder]] = {
    Place.CLASS: CustomerClass,
    Place.BUILDING: Building,
    Place.ROOM: MeteringPoint,
}


@dataclass(frozen=True, slots=True)
class Change:
    """Parts of one class, building or point, by `RuleKind`'s names: as they shall be, and as they were."""

    place: Place
    code: str
    parts: dict[str, Any]
    was: dict[str, Any]

    def content(self) -> dict[str, Any]:
        """Give it as an approval keeps it."""
        return {"place": self.place.value, "code": self.code, "parts": self.parts, "was": self.was}

    @staticmethod
    def of(content: dict[str, Any]) -> "Change":
        """Read it from an approval."""
        return Change(Place(content["place"]), content["code"], content["parts"], content["was"])

    @property
    def is_emergency(self) -> bool:
        """Say whether it takes away what keeps somebody supplied: a protection, or a supply while a gateway is cut off."""
        changed = [
            self.was[kind].get(name) != value.get(name)
            for kind, value in self.parts.items()
            if isinstance(value, dict) and isinstance(self.was[kind], dict)
            for name in ISOLATION
        ]
        return any(changed) or self.parts.get(PROTECTED) is False


def holder_of(place: Place, code: str) -> Holder | None:
    """Give the class, building or point of this code."""
    found = MODELS[place]._default_manager.filter(code=code).first()
    assert found is None or isinstance(found, Holder)
    return found


def parts_now(holder: Holder) -> dict[str, Any]:
    """Give every part of a class's, building's or point's rules as it is stored."""
    found = {
        kind.value: getattr(holder, name)
        for kind, (model, name, _w) in PLACES.items()
        if model is type(holder)
    }
    return found | ({PROTECTED: holder.protected} if isinstance(holder, MeteringPoint) else {})


class Effect(StrEnum):
    """What would happen to a room's supply."""

    CUT = "cut"
    RESTORED = "restored"
    WARNED = "warned"
    HELD = "held"
    REASON = "reason"
    """Supplied or cut as before, for another reason."""


class Doubt(StrEnum):
    """Why what is said of a building is uncertain."""

    NO_GATEWAY = "no-gateway"
    SILENT = "silent"
    OLD = "old"
    BEHIND = "behind"
    UNUSABLE = "unusable"


@dataclass(frozen=True, slots=True)
class Affected:
    """A room that would be decided otherwise."""

    room_id: int
    building: str
    effect: Effect
    change: Otherwise


@dataclass(frozen=True, slots=True)
class BuildingOutcome:
    """One building of a try: how many rooms by effect, what makes it uncertain, whether the guard would hold its cuts."""

    code: str
    name: str
    rooms: int
    counts: dict[Effect, int]
    doubts: tuple[Doubt, ...]
    guarded: int = 0
    """More rooms than this would be cut at once: the guard holds the others until a person approves (C-10)."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a change would do now: buildings, rooms, and every mistake; with a mistake nothing can be asked."""

    now_ms: int
    buildings: list[BuildingOutcome] = field(default_factory=list)
    rooms: list[Affected] = field(default_factory=list)
    mistakes: list[RuleMistake] = field(default_factory=list)

    @property
    def counts(self) -> dict[Effect, int]:
        """Count the rooms of all buildings by effect."""
        return {effect: sum(one.counts[effect] for one in self.buildings) for effect in Effect}


def try_out(change: Change, now_ms: int) -> Tried:
    """Say what a change would do from now until midnight, building by building. Only reads; every mistake that `set_several` would
    name is named here.
    """
    holder = holder_of(change.place, change.code)
    tried = Tried(now_ms)
    if holder is None:
        tried.mistakes.append(RuleMistake(f"{change.place} {change.code}", RuleFault.NOT_THE_FORM, "?"))
        return tried
    for kind, value in change.parts.items():
        if kind != PROTECTED:
            tried.mistakes.extend(shape_mistakes(RuleKind(kind), value, f"{_word(change)} {change.code}"))
    if tried.mistakes:
        return tried
    instead = [Instead(holder, _column(kind), value) for kind, value in change.parts.items()]
    gateways = {one.building_id: one for one in Gateway.objects.all()}
    for building in buildings_of(holder):
        _try_building(building, instead, gateways.get(building.pk), tried)
    tried.rooms.sort(key=lambda one: (list(Effect).index(one.effect), one.building, one.change.room))
    return tried


def _word(change: Change) -> str:
    return "point" if change.place is Place.ROOM else change.place.value


def _column(kind: str) -> str:
    return "protected" if kind == PROTECTED else PLACES[RuleKind(kind)][1]


def _try_building(building: Building, instead: list[Instead], gateway: Gateway | None, tried: Tried) -> None:
    before, after = rules_before_and_after(building, instead)
    made = new_mistakes(building, before, after)
    tried.mistakes.extend(made)
    if made or isinstance(after, RulesUnusable):
        return
    if isinstance(before, RulesUnusable):
        nothing = dict.fromkeys(Effect, 0)
        tried.buildings.append(
            BuildingOutcome(building.code, building.name, len(after.accounts), nothing, (Doubt.UNUSABLE,))
        )
        return
    parting = parted(before, after, instants_of_today(before, after, tried.now_ms))
    ids = _room_ids(building, [one.account for one in parting])
    affected = [Affected(ids.get(one.account, 0), building.code, effect_of(one), one) for one in parting]
    counts = {effect: sum(one.effect is effect for one in affected) for effect in Effect}
    guard = after.policy.cut_guard_count
    outcome = BuildingOutcome(
        building.code, building.name, len(after.accounts), counts, doubts_of(gateway, tried.now_ms),
        guard if counts[Effect.CUT] > guard else 0,
    )  # fmt: skip
    tried.buildings.append(outcome)
    tried.rooms.extend(affected)


def _room_ids(building: Building, accounts: list[str]) -> dict[str, int]:
    rows = Room.objects.filter(building=building, point__accounts__code__in=accounts)
    return dict(rows.values_list("point__accounts__code", "pk"))


def effect_of(one: Otherwise) -> Effect:
    """Name what becomes of a room's supply."""
    now, then = one.now[0], one.then[0]
    if then == CUT != now:
        return Effect.CUT
    if now == CUT and then in (DecisionKind.CLOSE, DecisionKind.WARN):
        return Effect.RESTORED
    if then == DecisionKind.HOLD and now != then:
        return Effect.HELD
    return Effect.WARNED if then == DecisionKind.WARN != now else Effect.REASON


def doubts_of(gateway: Gateway | None, now_ms: int) -> tuple[Doubt, ...]:
    """Say why a gateway may know better than central what is the case."""
    if gateway is None:
        return (Doubt.NO_GATEWAY,)
    old = gateway.last_seen_ms is None or now_ms - gateway.last_seen_ms > OLD_AFTER_MS
    reasons = (
        (Doubt.SILENT, not gateway.online),
        (Doubt.OLD, gateway.online and old),
        (Doubt.BEHIND, gateway.is_being_restored or gateway.applied_config_version < gateway.config_version),
    )
    return tuple(doubt for doubt, holds in reasons if holds)


def carry_out(content: dict[str, Any], approved: Approved) -> str:
    """Set every part, or none and why not. Inside the signature's transaction."""
    change = Change.of(content)
    now = _locked_parts(change)
    if now is None:
        return _("%(what)s no longer exists.") % {"what": change.code}
    if {kind: now.get(kind) for kind in change.was} != change.was:
        return _("These rules were changed since this was asked. Ask anew, from what holds now.")
    return _set_rules(change, approved) or _set_protection(change, approved)


def _locked_parts(change: Change) -> dict[str, Any] | None:
    rows = MODELS[change.place]._default_manager.select_for_update(no_key=True)
    holder = rows.filter(code=change.code).first()
    return None if holder is None else parts_now(holder)


def _set_rules(change: Change, approved: Approved) -> str:
    values = {RuleKind(kind): value for kind, value in change.parts.items() if kind != PROTECTED}
    if not values:
        return ""
    actor = approved.asked_by.get_username()
    done = set_several(values, change.code, actor=actor, now_ms=approved.now_ms)
    if isinstance(done, RulesSet):
        return ""
    return "; ".join(mistake_words(one) for one in getattr(done, "mistakes", ())[:5]) or change.code


def _set_protection(change: Change, approved: Approved) -> str:
    if PROTECTED not in change.parts:
        return ""
    actor, is_protected = approved.asked_by.get_username(), change.parts[PROTECTED]
    done = set_protected(change.code, is_protected, actor=actor, why=approved.why, now_ms=approved.now_ms)
    return str(done.why) if isinstance(done, Refused) else ""
