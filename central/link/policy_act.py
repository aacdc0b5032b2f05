"""The act of changing a policy: what its signer is shown, as of now, and that it is carried out as it was asked (R-4.2.1, R-B1)."""

import re
from collections.abc import Iterable
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.models import MeteringPoint
from central.campus.rule_words import mistake_words
from central.domain.approval import Step
from central.domain.paper import Column, Kind, Row, Table
from central.domain.rule_json import RuleMistake
from central.link.policy_change import (
    Affected,
    Change,
    Effect,
    Holder,
    Place,
    Tried,
    carry_out,
    holder_of,
    parts_now,
    try_out,
)
from central.link.policy_said import difference, difference_table
from central.link.policy_sheets import sheet_of, unit_of
from central.link.policy_words import DOUBTS, EFFECTS, SHORT_EFFECTS
from central.link.what_if import Otherwise
from central.office.acts import Act
from central.office.roles import ASK_POLICIES, SIGN_POLICIES
from central.office.templatetags.cardroom import with_unit
from central.office.words import DECISIONS, badge_of, why_words

CODE = "policy"
MOST_ROOMS = 300
"""Rooms that a page lists; the whole list is a file."""
_ABOUT_ACCOUNT = re.compile(r"account ([^:]+): (.+)")


def act() -> Act:
    """Give the act as the office knows it."""
    return Act(
        code=CODE,
        title=gettext_lazy("Change a policy"),
        roles=ASK_POLICIES,
        chain=(Step(tuple(SIGN_POLICIES)),),
        show=show,
        carry_out=carry_out,
        address=address,
    )


def show(content: dict[str, Any]) -> list[Table]:
    """Show what is asked, and what it would do now: the world may have moved since it was asked."""
    change = Change.of(content)
    holder = holder_of(change.place, change.code)
    tables = [difference_table(subject_of(change, holder), lines_of(change, holder))]
    if holder and parts_now(holder).items() >= change.parts.items():
        return tables
    tried = try_out(change, clock.now_ms())
    if tried.mistakes:
        mistakes = [Row([text]) for text in mistakes_said(tried.mistakes)]
        return [
            *tables,
            Table(_("This can't be done now"), [Column("what", _("Mistake"), width=60)], mistakes),
        ]
    return [*tables, *building_tables(tried), rooms_table(tried.rooms[:MOST_ROOMS], tried.now_ms)]


def lines_of(change: Change, holder: Holder | None) -> list[tuple[str, str, str]]:
    """Give what a change changes, line by line: label, until now, from then on."""
    sheet = sheet_of(change)
    unit = unit_of(holder) if holder else ""
    return difference(sheet.parts, sheet.values_of_some(change.was), sheet.values_of_some(change.parts), unit)


def subject_of(change: Change, holder: Holder | None) -> str:
    """Name what a change is about."""
    name = getattr(holder, "name", "") or change.code
    match change.place:
        case Place.CLASS:
            return _("Class %(name)s") % {"name": name}
        case Place.BUILDING:
            return _("Building %(name)s") % {"name": name}
    return _("Room %(name)s") % {"name": name}


def address(content: dict[str, Any]) -> str:
    """Give the page where the thing is changed, or nothing when it is gone."""
    change = Change.of(content)
    try:
        if change.place is Place.ROOM:
            room = MeteringPoint.objects.filter(code=change.code).values_list("room_id", flat=True).first()
            return reverse("link:room-rules", args=[room]) if room else ""
        return reverse(f"link:policy-{sheet_of(change).code}", args=[change.code])
    except NoReverseMatch:
        return ""


def building_tables(tried: Tried) -> list[Table]:
    """Count the rooms of each building by what would become of them, and say of which buildings one must mind something."""
    columns = [
        Column("building", _("Building"), width=16),
        Column("rooms", _("Rooms"), Kind.COUNT, summed=True),
        *(Column(effect.value, str(SHORT_EFFECTS[effect]), Kind.COUNT, summed=True) for effect in Effect),
    ]
    rows = [Row([one.name, one.rooms, *(one.counts[effect] for effect in Effect)]) for one in tried.buildings]
    counts = Table(_("What it would do today, by building"), columns, rows)
    noted = [(one, notes_of(one.doubts, one.guarded)) for one in tried.buildings]
    mind = [Row([one.name, "; ".join(notes)]) for one, notes in noted if notes]
    columns = [Column("building", _("Building"), width=16), Column("note", _("Mind"), width=40)]
    return [counts, Table(_("Uncertain or held back"), columns, mind)] if mind else [counts]


def notes_of(doubts: Iterable[Any], guarded: int) -> list[str]:
    """Say what makes a building uncertain, and whether its guard would hold cuts."""
    notes = [str(DOUBTS[doubt]) for doubt in doubts]
    if guarded:
        notes.append(
            _("more than %(count)s cuts at once: the guard holds the others until a person approves")
            % {"count": guarded}
        )
    return notes


def rooms_table(rooms: Iterable[Affected], now_ms: int) -> Table:
    """Name the rooms: what would become of each, from when, by what balance, and why."""
    columns = [
        Column("room", _("Room")),
        Column("effect", _("What would happen"), width=16),
        Column("when", _("When")),
        Column("balance", _("Balance")),
        Column("now", _("Decided now"), width=24),
        Column("then", _("Decided then"), width=24),
    ]
    lines = [
        Row(
            [
                one.change.room,
                str(EFFECTS[one.effect].word),
                when_said(one.change, now_ms),
                balance_said(one.change),
                decision_said(one.change.now),
                decision_said(one.change.then),
            ],
            {"room": reverse("link:room-rules", args=[one.room_id])} if one.room_id else {},
        )
        for one in rooms
    ]
    return Table(_("Rooms"), columns, lines)


def when_said(one: Otherwise, now_ms: int) -> str:
    """Say from when a room would feel it."""
    return _("at once") if one.at_ms <= now_ms else clock.local(one.at_ms).strftime("%H:%M")


def balance_said(one: Otherwise) -> str:
    """Write a balance with its unit."""
    return with_unit(one.balance, one.unit)


def decision_said(decision: tuple[str, str]) -> str:
    """Say a decision and its reason."""
    kind, reason = decision
    word = str(badge_of(DECISIONS, kind).word) if kind else _("as it is")
    return f"{word}: {why_words(reason)}" if reason else word


def mistakes_said(mistakes: Iterable[RuleMistake]) -> list[str]:
    """Say every mistake, each once: one that stands in many rooms is said with their number and the first of them."""
    found: dict[RuleMistake, list[str]] = {}
    for one in mistakes:
        about = _ABOUT_ACCOUNT.fullmatch(one.detail)
        bare = RuleMistake(one.where, one.fault, about[2]) if about else one
        in_building = about is not None and one.where.startswith("building ")
        found.setdefault(bare, []).extend([about[1].rpartition(".")[0]] if about and in_building else [])
    return [
        mistake_words(bare) + (_(" (%(count)s rooms: %(rooms)s)") % {"count": len(rooms), "rooms": _few(rooms)} if rooms else "")
        for bare, rooms in found.items()
    ]  # fmt: skip


def _few(rooms: list[str]) -> str:
    return ", ".join(rooms[:5]) + (" …" if len(rooms) > 5 else "")
