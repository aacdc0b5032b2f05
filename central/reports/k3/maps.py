"""The account maps (R-4.1.9): which one is in force on a day, asking for another one, and putting it in force when it is
signed.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from django.utils.translation import gettext as _

from central.desk.numbering import locked_series
from central.domain.k3_map import (
    AccountMap,
    MapFinding,
    MapRow,
    findings_in,
    rows_from_json,
    rows_to_json,
)
from central.ledger.models import LedgerAccount
from central.ledger.operations import record_audit
from central.office.acts import Approved, Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User
from central.reports.k3.models import K3ExportDay, K3Map
from gateway.contract.quantities import Unit

K3_MAP = "k3-map"
SERIES = "k3-export"
"""Locked by who exports and by who puts a map in force: no map changes under an export."""


def map_on(day: date) -> K3Map | None:
    """Give the map in force on a day: of those that began, the one that began last; of one day's, the one signed last."""
    return K3Map.objects.filter(from_day__lte=day).order_by("-from_day", "-pk").first()


def newest_map() -> K3Map | None:
    """Give the map that the next one begins with: the one signed last."""
    return K3Map.objects.order_by("-pk").first()


def first_day() -> date | None:
    """Give the first day that is kept in K/3; None before any map was signed."""
    return K3Map.objects.order_by("from_day").values_list("from_day", flat=True).first()


def maps_at(days: Iterable[date]) -> dict[date, AccountMap]:
    """Give the map of each day; a day before the first one is missing."""
    kept = list(K3Map.objects.order_by("from_day", "pk"))
    maps = {one.pk: AccountMap(rows_from_json(one.rows)) for one in kept}
    found = {}
    for day in days:
        begun = [one for one in kept if one.from_day <= day]
        if begun:
            found[day] = maps[begun[-1].pk]
    return found


def accounts_in_use() -> list[str]:
    """Name the shapes of our ledger's accounts in yuan, each once, in order: what a map must know."""
    codes = LedgerAccount.objects.filter(unit=Unit.YUAN.value).values_list("code", flat=True)
    return sorted({_shape(code) for code in codes})


def _shape(code: str) -> str:
    parts = code.split(":")
    if code.startswith(("sales:", "revenue:", "card-meters:", "subsidy:", "opening:", "cash-difference:")):
        return code
    if code.startswith("owed:opening:"):
        return "owed:opening:*:yuan"
    return code if len(parts) < 3 else f"{parts[0]}:*:{parts[-1]}"


def unmapped(rows: Sequence[MapRow]) -> list[str]:
    """Name the accounts in use that a map lacks."""
    known = AccountMap(tuple(rows))
    return [shape for shape in accounts_in_use() if known.row_of(shape.replace("*", "1-101.1")) is None]


def ask_for_map(
    from_day: date, rows: Sequence[MapRow], *, why: str, actor: User, now_ms: int, key: str
) -> Approval | ApprovalRefusal | list[MapFinding]:
    """Ask that a map holds from a day on. Nothing holds before the last signature."""
    if findings := findings_in(rows):
        return findings
    content: Content = {"from": from_day.isoformat(), "rows": rows_to_json(rows)}
    return ask(
        K3_MAP, content, subject=f"{from_day}", why=why, actor=actor, now_ms=now_ms, key=f"k3-map-{key}"
    )


def put_in_force(content: Content, approved: Approved) -> str:
    """Keep a signed map; the last signature's transaction. Words when days that it is for were exported meanwhile."""
    locked_series(SERIES)
    from_day = date.fromisoformat(content["from"])
    if exported_from(from_day):
        return _("Days from %(day)s on were exported already. Take these exports back, or begin later.") % {
            "day": from_day
        }
    made = K3Map.objects.create(
        from_day=from_day,
        rows=content["rows"],
        approval=approved.number,
        asked_by=approved.asked_by,
        why=approved.why,
        at_ms=approved.now_ms,
    )
    record_audit(
        actor=approved.asked_by.get_username(),
        action="k3-map",
        subject=f"k3 map {made.pk}",
        detail=f"{len(made.rows)} rows from {from_day}",
        now_ms=approved.now_ms,
    )
    return ""


def exported_from(day: date) -> bool:
    """Say whether a day from this one on is in an export that stands: its map can't be changed under it."""
    return K3ExportDay.objects.filter(day__gte=day, export__end__isnull=True).exists()
