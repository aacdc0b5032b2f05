"""Read go-lives for pages: how far each has come, its buildings, what is owed from the old system."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Sum

from central.campus.models import Account, Building
from central.desk.go_live.models import OpeningAcceptance, OpeningBalance, OpeningBatch
from central.ledger.models import LedgerAccount
from central.office.models import Approval

OWED = "owed:opening:"


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch with the request that is signed for it."""

    batch: OpeningBatch
    request: Approval | None
    rooms: int
    accepted: int
    buildings: int

    @property
    def is_done(self) -> bool:
        """Say whether it was carried out."""
        return hasattr(self.batch, "done")


def batch_lines(batches: Iterable[OpeningBatch]) -> list[BatchLine]:
    """Give batches, newest first, each with its request."""
    ordered = sorted(batches, key=lambda batch: -batch.asked_ms)
    requests = {r.key: r for r in Approval.objects.filter(key__in=[batch.pk for batch in ordered])}
    return [
        BatchLine(
            batch,
            requests.get(batch.pk),
            batch.rows.values("account").distinct().count(),
            batch.acceptances.count(),
            batch.rows.values("building").distinct().count(),
        )
        for batch in ordered
    ]


@dataclass(frozen=True, slots=True)
class BuildingLine:
    """A building of a go-live: its rooms, what the list says by unit, whether it was accepted or taken back."""

    building: Building
    rooms: int
    listed: tuple[tuple[int, str], ...]
    accepted: OpeningAcceptance | None
    is_taken_back: bool


def building_lines(batch: OpeningBatch) -> list[BuildingLine]:
    """Give a go-live's buildings in the order of their codes."""
    counted = batch.rows.values_list("building", "unit").annotate(
        Count("account", distinct=True), Sum("after")
    )
    sums: dict[int, list[tuple[int, str]]] = {}
    rooms: dict[int, int] = {}
    for building, unit, count, listed in counted.order_by("unit"):
        sums.setdefault(building, []).append((int(listed), unit))
        rooms[building] = rooms.get(building, 0) + count
    accepted = {one.building_id: one for one in batch.acceptances.all()}
    back = OpeningBalance.objects.filter(
        batch__of=batch, batch__kind=OpeningBatch.Kind.BACK, batch__done__isnull=False
    )
    taken_back = set(back.values_list("building", flat=True))
    return [
        BuildingLine(
            building,
            rooms[building.pk],
            tuple(sums[building.pk]),
            accepted.get(building.pk),
            building.pk in taken_back,
        )
        for building in Building.objects.filter(pk__in=rooms).order_by("code")
    ]


@dataclass(frozen=True, slots=True)
class OwedLine:
    """What a room still owes from the old system, and whether its gateway is being asked for it."""

    room: str
    account: str
    amount: int
    unit: str
    is_asked: bool


def owed_lines(building: Building) -> list[OwedLine]:
    """Give what is owed in a building, by room."""
    accounts = {
        account.code: account
        for account in Account.objects.filter(point__room__building=building).select_related("point")
    }
    found = []
    for row in LedgerAccount.objects.filter(code__startswith=f"{OWED}{building.code}-"):
        code = row.code.removeprefix(OWED).rpartition(":")[0]
        if row.balance > 0 and code in accounts:
            asked = accounts[code].take_backs.filter(request_id__startswith="oc-", state="pending").exists()
            found.append(OwedLine(accounts[code].point.code, code, row.balance, row.unit, asked))
    return sorted(found, key=lambda line: line.room)
