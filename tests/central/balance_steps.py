"""What tests of balances share: a building whose gateway told its meters' totals each hour."""

from collections.abc import Mapping, Sequence

from central.campus.meter_groups import set_groups
from central.campus.models import Building
from central.ingest.received_rows import ReceivedFact
from central.ingest.store_balances import store_balances
from central.link.models import Gateway
from gateway.contract.facts import Instant, LossBalances, LossRow, MeterTotal
from gateway.contract.rules import GroupKind, GroupRule

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
MIDNIGHT_MS = 1_795_017_600_000
"""2026-11-19 00:00 in China."""
FLOOR = GroupRule("f3", GroupKind.FLOOR, "m-300", ["m-301", "m-302"], fixed_loss_ppm=15_000)


def rules_set(*rules: GroupRule, building: str = "1", now_ms: int = MIDNIGHT_MS) -> None:
    assert set_groups(building, list(rules), actor="test", now_ms=now_ms)


def tell(
    at_ms: int,
    totals: Mapping[str, int | tuple[int, int]],
    *,
    gateway: str = "gw-1",
    epoch: str = "e1",
    trusted: bool = True,
    rows: Sequence[LossRow] = (),
) -> None:
    """Store what a gateway tells at one instant: totals in Wh by meter, or total and offset."""
    told = [
        MeterTotal(meter, *(total if isinstance(total, tuple) else (total, 0)), 10, 0, True)
        for meter, total in totals.items()
    ]
    fact = LossBalances(Instant("b", at_ms, at_ms, trusted), list(rows), told)
    store_balances(gateway, epoch, [ReceivedFact(1, b"", b"", fact)], at_ms)


def tell_hours(
    from_ms: int,
    hours: int,
    loads_wh: Mapping[str, int],
    *,
    start_wh: Mapping[str, int] | None = None,
    late_ms: int = 2_000,
    **changes: object,
) -> dict[str, int]:
    """Tell the totals of so many hours and of their end, each meter with its load; give the last totals."""
    totals = dict(start_wh or dict.fromkeys(loads_wh, 100_000))
    tell(from_ms + late_ms, totals, **changes)
    for hour in range(1, hours + 1):
        totals = {meter: total + loads_wh[meter] for meter, total in totals.items()}
        tell(from_ms + hour * HOUR_MS + late_ms, totals, **changes)
    return totals


def building() -> Building:
    return Building.objects.get(code="1")


def gateway() -> Gateway:
    return Gateway.objects.get(pk="gw-1")
