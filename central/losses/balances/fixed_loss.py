"""A group's fixed loss ratio: changed from an instant on, with a signature, what is over stays as it was (R-4.2.3, R-4.2.1).

The ratio lives in the group's dated rules, which the gateway takes, too. A change never reaches back behind the running period.
"""

from dataclasses import dataclass
from enum import StrEnum

import msgspec
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.meter_groups import groups_of, set_groups
from central.campus.models import Building
from central.clock import campus_day, minute_text
from central.domain.approval import Step
from central.domain.paper import Column, Kind, Row, Table
from central.domain.periods import accounting_period_of
from central.office import approvals
from central.office.acts import Act, Approved, Content, register
from central.office.models import Approval, User
from central.office.roles import ASK_FIXED_LOSS, Role
from central.papers.accounting import first_days, instants_of
from gateway.contract.rules import GroupRule
from gateway.domain.loss import rule_in_force

CODE = "fixed-loss"
MOST_PPM = 300_000
"""Nearly a third: what is beyond it is no technical loss."""
AHEAD_MS = 366 * 86_400_000


class FixedLossRefusal(StrEnum):
    """Why a ratio is not asked for, or can't be set."""

    NO_GROUP = "no-group"
    TOO_EARLY = "too-early"
    """Behind the running accounting period: a period that is over stays as it was."""
    TOO_LATE = "too-late"
    OUT_OF_RANGE = "out-of-range"
    SAME = "same"
    BROKEN_GROUPS = "broken-groups"


@dataclass(frozen=True, slots=True)
class Ratio:
    """A group's ratio from an instant on; `request` is the signed request that set it, None where it came with the groups."""

    from_ms: int
    ppm: int
    request: Approval | None = None


def ask_fixed_loss(
    building: Building,
    group: str,
    ppm: int,
    from_ms: int,
    *,
    why: str,
    actor: User,
    now_ms: int,
    key: str = "",
) -> Approval | FixedLossRefusal | approvals.ApprovalRefusal:
    """Ask that a group's ratio is another one from an instant on."""
    if refused := _fault(building, group, ppm, from_ms, now_ms):
        return refused
    content = {"building": building.code, "group": group, "ppm": ppm, "from_ms": from_ms}
    return approvals.ask(
        CODE, content, subject=f"{building.code} {group}", why=why, actor=actor, now_ms=now_ms, key=key
    )


def with_ratio(rules: list[GroupRule], group: str, ppm: int, from_ms: int) -> list[GroupRule]:
    """Give the rules with another ratio from an instant on. Later rules that only carried the old one on carry the new one: those
    up to the next that has another.
    """
    current = rule_in_force((rule for rule in rules if rule.group == group), from_ms)
    if current is None:
        return rules
    fresh = msgspec.structs.replace(current, from_ms=from_ms, fixed_loss_ppm=ppm)
    later = (rule for rule in rules if rule.group == group and rule.from_ms > from_ms)
    changes = (rule.from_ms for rule in later if rule.fixed_loss_ppm != current.fixed_loss_ppm)
    until_ms = min(changes, default=None)
    found = []
    for rule in rules:
        is_before = until_ms is None or rule.from_ms < until_ms
        carries_on = rule.group == group and rule.from_ms > from_ms and is_before
        if rule.group != group or rule.from_ms != from_ms:
            found.append(msgspec.structs.replace(rule, fixed_loss_ppm=ppm) if carries_on else rule)
    return [*found, fresh]


def ratios_of(building: Building, group: str) -> list[Ratio]:
    """Give a group's ratios, newest first, each with the request that set it."""
    rules = sorted(
        (rule for rule in groups_of(building) if rule.group == group), key=lambda rule: rule.from_ms
    )
    requests = {
        (one.content["from_ms"], one.content["ppm"]): one
        for one in Approval.objects.filter(act=CODE, state=Approval.State.APPROVED).prefetch_related(
            "signatures__person"
        )
        if (one.content["building"], one.content["group"]) == (building.code, group)
    }
    found: list[Ratio] = []
    for rule in rules:
        request = requests.get((rule.from_ms, rule.fixed_loss_ppm))
        if not found or request or found[-1].ppm != rule.fixed_loss_ppm:
            found.append(Ratio(rule.from_ms, rule.fixed_loss_ppm, request))
    return found[::-1]


def waiting_of(building: Building, group: str) -> list[Approval]:
    """Give the requests about a group's ratio that nobody has signed yet."""
    waiting = Approval.objects.filter(
        act=CODE, state=Approval.State.WAITING, subject=f"{building.code} {group}"[:120]
    )
    return list(waiting.order_by("-number"))


def earliest_ms(now_ms: int) -> int:
    """Give the beginning of the running accounting period."""
    return instants_of(accounting_period_of(campus_day(now_ms), first_days))[0]


def register_act() -> None:
    """Make the act known when the app starts."""
    register(
        Act(
            code=CODE,
            title=gettext_lazy("Fixed loss ratio of a group of meters"),
            roles=ASK_FIXED_LOSS,
            chain=(Step((Role.DIRECTOR,)),),
            show=_show,
            carry_out=_carry_out,
            address=_address,
            about=_about,
        )
    )


def _fault(building: Building, group: str, ppm: int, from_ms: int, now_ms: int) -> FixedLossRefusal | None:
    current = rule_in_force((rule for rule in groups_of(building) if rule.group == group), from_ms)
    if current is None:
        return FixedLossRefusal.NO_GROUP
    if not 0 <= ppm <= MOST_PPM:
        return FixedLossRefusal.OUT_OF_RANGE
    if from_ms < earliest_ms(now_ms):
        return FixedLossRefusal.TOO_EARLY
    if from_ms > now_ms + AHEAD_MS:
        return FixedLossRefusal.TOO_LATE
    return FixedLossRefusal.SAME if current.fixed_loss_ppm == ppm else None


@transaction.atomic
def _carry_out(content: Content, approved: Approved) -> str:
    building = Building.objects.select_for_update(no_key=True).filter(code=content["building"]).first()
    if building is None:
        return str(refusal_words(FixedLossRefusal.NO_GROUP))
    group, ppm, from_ms = content["group"], content["ppm"], content["from_ms"]
    if refused := _fault(building, group, ppm, from_ms, approved.now_ms):
        return str(refusal_words(refused))
    rules = with_ratio(groups_of(building), group, ppm, from_ms)
    done = set_groups(building.code, rules, actor=approved.asked_by.get_username(), now_ms=approved.now_ms)
    return "" if done else str(refusal_words(FixedLossRefusal.BROKEN_GROUPS))


def _show(content: Content) -> list[Table]:
    building = Building.objects.filter(code=content["building"]).first()
    rules = groups_of(building) if building else []
    current = rule_in_force((rule for rule in rules if rule.group == content["group"]), content["from_ms"])
    columns = [
        Column("building", _("Building"), width=16),
        Column("group", _("Group"), width=12),
        Column("from", _("From"), width=16),
        Column("was", _("Ratio until now"), Kind.PERCENT),
        Column("ppm", _("Ratio from then on"), Kind.PERCENT),
    ]
    cells = [
        building.name if building else content["building"],
        content["group"],
        minute_text(content["from_ms"]),
        current.fixed_loss_ppm if current else None,
        content["ppm"],
    ]
    return [Table(_("Fixed loss ratio of a group of meters"), columns, [Row(cells)])]


def _address(content: Content) -> str:
    return reverse("losses:balance-group", args=[content["building"], content["group"]])


def _about(content: Content) -> str:
    name = Building.objects.filter(code=content["building"]).values_list("name", flat=True).first()
    return f"{name or content['building']} · {content['group']} · {content['ppm'] / 10_000:.2f} %"


REFUSALS = {
    FixedLossRefusal.NO_GROUP: gettext_lazy("There is no such group of meters at that instant."),
    FixedLossRefusal.TOO_EARLY: gettext_lazy(
        "It would reach back behind the running accounting period. What is over stays as it was: choose a later day."
    ),
    FixedLossRefusal.TOO_LATE: gettext_lazy("At most a year ahead."),
    FixedLossRefusal.OUT_OF_RANGE: gettext_lazy(
        "A technical loss lies between 0 and 30 %. What is above it has another cause: look for that."
    ),
    FixedLossRefusal.SAME: gettext_lazy("This ratio holds already."),
    FixedLossRefusal.BROKEN_GROUPS: gettext_lazy(
        "The building's groups have a mistake; mend them on the page of its groups first."
    ),
}


def refusal_words(refused: FixedLossRefusal) -> object:
    """Say a refusal in the reader's language."""
    return REFUSALS[refused]
