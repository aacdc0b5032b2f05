"""The sheets on which policies are changed: which parts of the rules stand on each, as one table of values and back.

A sheet is what one person fills in at once: a class, a building, a building's groups, a room.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from central.campus.models import Building, CustomerClass, MeteringPoint
from central.domain.rule_form import Parts, Rows, parts_of
from central.domain.rule_json import KEPT_APART, RuleKind
from central.link.policy_change import PROTECTED, Change, Holder, Place, parts_now
from gateway.contract.rules import AccountRule, GroupRule, PolicyRule


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of sheet. `single` are parts of the rules that are one value each, by the field that holds it."""

    code: str
    place: Place
    parts: Parts
    single: dict[str, str]
    whole: str
    """The part that holds all other fields; empty when there is none."""

    def values(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Give a holder's parts as one table."""
        return self.values_of_some(stored)

    def values_of_some(self, parts: Mapping[str, Any]) -> dict[str, Any]:
        """Give the values of those parts alone that are there: of a change, what it changes. What is no table at all is none."""
        rest = parts.get(self.whole, {})
        single = {name: parts[kind] for name, kind in self.single.items() if kind in parts}
        return {**(rest if isinstance(rest, dict) else {}), **single}

    def parts_from(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Give the parts that a table of values says; a single value that is left empty is its default."""
        defaults = {part.name: getattr(part, "default", []) for part in self.parts}
        parts = {
            kind: values[name] if name in values else defaults[name] for name, kind in self.single.items()
        }
        if self.whole:
            parts[self.whole] = {name: one for name, one in values.items() if name not in self.single}
        return parts

    def change(self, holder: Holder, values: Mapping[str, Any]) -> Change:
        """Give the change from what is stored to these values: only the parts that differ."""
        stored = parts_now(holder)
        parts = {kind: one for kind, one in self.parts_from(values).items() if one != stored[kind]}
        return Change(self.place, holder.code, parts, {kind: stored[kind] for kind in parts})


def _limits(name: str) -> bool:
    return name not in KEPT_APART


OF_CLASS = (
    *parts_of(AccountRule, lambda name: name in ("overdraft", "warn_at")),
    *parts_of(AccountRule, lambda name: _limits(name) and name != "software"),
)
OF_ROOM = (
    *parts_of(AccountRule, lambda name: name in ("protected", "max_power_w")),
    *parts_of(AccountRule, _limits),
)
SHEETS = {
    sheet.code: sheet
    for sheet in (
        Sheet(
            "class", Place.CLASS, OF_CLASS,
            {"overdraft": RuleKind.CLASS_OVERDRAFT.value, "warn_at": RuleKind.CLASS_WARNINGS.value},
            RuleKind.CLASS_LIMITS.value,
        ),
        Sheet("building", Place.BUILDING, parts_of(PolicyRule), {}, RuleKind.BUILDING_POLICY.value),
        Sheet(
            "groups", Place.BUILDING, (Rows("groups", parts_of(GroupRule)),),
            {"groups": RuleKind.BUILDING_GROUPS.value}, "",
        ),
        Sheet(
            "room", Place.ROOM, OF_ROOM,
            {"protected": PROTECTED, "max_power_w": RuleKind.POINT_POWER.value},
            RuleKind.POINT_LIMITS.value,
        ),
    )
}  # fmt: skip


def sheet_of(change: Change) -> Sheet:
    """Give the sheet on which a change was made."""
    kinds = set(change.parts) | set(change.was)
    fitting = [sheet for sheet in SHEETS.values() if sheet.place is change.place]
    return next((one for one in fitting if kinds <= {one.whole, *one.single.values()}), fitting[0])


SECTIONS: dict[str, tuple[str, ...]] = {
    "calendars": ("calendars",),
    "isolation": ("isolated_after_s", "isolated_until_ms"),
    "guard": ("cut_guard_count", "cut_guard_window_s", "restore_gap_ms", "new_account_grace_s"),
    "books": (
        *("settle_every_s", "period_day", "period_minute", "period_utc_offset_minutes"),
        *("keep_acked_days", "keep_ledger_days"),
    ),
    "meters": ("silent_alarm_after_s", "balance_every_s", "loss_judged_every_s", "clocks"),
}
"""The order of a building's many fields."""


def in_sections(sheet: Sheet) -> list[tuple[str, Parts]]:
    """Give a sheet's parts as its page shows them; what no section names comes last, and all of a small sheet in one."""
    if sheet.code != "building":
        return [("", sheet.parts)]
    by_name = {part.name: part for part in sheet.parts}
    named = [(code, tuple(by_name.pop(name) for name in names)) for code, names in SECTIONS.items()]
    return [*named, ("", tuple(by_name.values()))] if by_name else named


def unit_of(holder: Holder) -> str:
    """Give the unit of a holder's amounts; a building has none."""
    if isinstance(holder, MeteringPoint):
        return str(holder.customer_class.unit)
    return str(holder.unit) if isinstance(holder, CustomerClass) else ""


def inherited(holder: Holder) -> dict[str, Any]:
    """Give what holds above a room where it says nothing itself: its class's values."""
    return (
        SHEETS["class"].values(parts_now(holder.customer_class)) if isinstance(holder, MeteringPoint) else {}
    )


def calendars_known(holder: Holder) -> list[str]:
    """Name the calendars that a rule of this holder could name."""
    if isinstance(holder, Building):
        buildings = [holder]
    elif isinstance(holder, MeteringPoint):
        buildings = [holder.room.building]
    else:
        buildings = list(Building.objects.filter(rooms__point__customer_class=holder).distinct())
    named = {
        str(one["calendar"])
        for building in buildings
        for one in SHEETS["building"].values(parts_now(building)).get("calendars", [])
        if isinstance(one, dict) and "calendar" in one
    }
    return sorted(named)
