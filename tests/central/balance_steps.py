"""What tests of balances share: a building whose gateway told its meters' totals each hour."""

from collections.abc import Callable, Mapping, Sequence

from central.campus.meter_groups import set_groups
from central.campus.models import Building
from central.ingest.received_rows import ReceivedFact
from central.ingest.store_balances import store_balances
from central.link.models import Gateway
from central.link.telemetry.models import BalanceDay, InstantTotal
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


def lay_down(
    from_ms: int,
    hours: int,
    load_wh: Callable[[str, int], int],
    *,
    meters: Sequence[str] = ("m-300", "m-301", "m-302"),
    gateway: str = "gw-1",
) -> None:
    """Write what a gateway told over many hours, as ingest would have left it; `load_wh` gives a meter's use of an hour."""
    totals, rows = dict.fromkeys(meters, 100_000), []
    for hour in range(hours + 1):
        at_ms = from_ms + hour * HOUR_MS + 2_000
        rows += [
            InstantTotal(
                gateway=gateway,
                epoch="e1",
                meter=meter,
                at_ms=at_ms,
                total_wh=total,
                offset_wh=0,
                step_wh=10,
                frozen=True,
            )
            for meter, total in totals.items()
        ]
        totals = {meter: total + load_wh(meter, hour) for meter, total in totals.items()}
    InstantTotal.objects.bulk_create(rows, batch_size=2000)
    days = [from_ms + n * DAY_MS for n in range(-(-hours // 24) + (hours % 24 == 0))]
    BalanceDay.objects.bulk_create([BalanceDay(gateway=gateway, day_ms=day_ms) for day_ms in days])
