"""Write the balances of master and subs that gateways made, and the totals they were made of (R-B2)."""

from collections.abc import Sequence

from django.db.models import F

from central.clock import campus_day, start_of_day_ms
from central.domain.instant_balance import TOLERANCE_MS
from central.ingest.received_rows import ReceivedFact, instant_ms
from central.link.telemetry.models import BalanceDay, InstantTotal, LossBalance
from gateway.contract.facts import LossBalances, LossRow

LATEST_MS = 7_258_118_400_000
"""The year 2200: what a broken clock says beyond it belongs to no day."""


def store_balances(gateway_id: str, epoch: str, rows: Sequence[ReceivedFact], now_ms: int) -> None:
    """Store what is among a batch's rows, inside the caller's transaction."""
    balances = [row.fact for row in rows if isinstance(row.fact, LossBalances)]
    if not balances:
        return
    LossBalance.objects.bulk_create(
        [_loss_balance(gateway_id, balance) for fact in balances for balance in fact.rows]
    )
    InstantTotal.objects.bulk_create(
        [total for fact in balances for total in _instant_totals(gateway_id, epoch, fact, now_ms)],
        batch_size=2000,
    )
    _note_days(gateway_id, balances, now_ms)


def _note_days(gateway_id: str, balances: Sequence[LossBalances], now_ms: int) -> None:
    """Say which days' sums are to be made anew; an instant at midnight belongs to both days."""
    instants = {instant_ms(fact.at, now_ms) for fact in balances}
    instants |= {at_ms for fact in balances for row in fact.rows for at_ms in (row.from_ms, row.to_ms)}
    near = {at_ms + off_ms for at_ms in instants for off_ms in (-TOLERANCE_MS, TOLERANCE_MS)}
    days = {start_of_day_ms(campus_day(at_ms)) for at_ms in near if 0 < at_ms <= LATEST_MS}
    noted = BalanceDay.objects.filter(gateway=gateway_id, day_ms__in=days)
    known = set(noted.values_list("day_ms", flat=True))
    noted.update(version=F("version") + 1)
    BalanceDay.objects.bulk_create(
        [BalanceDay(gateway=gateway_id, day_ms=day_ms) for day_ms in sorted(days - known)]
    )


def _instant_totals(gateway_id: str, epoch: str, fact: LossBalances, now_ms: int) -> list[InstantTotal]:
    at_ms = instant_ms(fact.at, now_ms)
    return [
        InstantTotal(
            gateway=gateway_id,
            epoch=epoch,
            meter=total.meter[:64],
            at_ms=at_ms,
            trusted=fact.at.trusted,
            total_wh=total.total_wh,
            offset_wh=total.offset_wh,
            step_wh=total.step_wh,
            skew_wh=total.skew_wh,
            frozen=total.frozen,
        )
        for total in fact.totals
    ]


def _loss_balance(gateway_id: str, row: LossRow) -> LossBalance:
    return LossBalance(
        gateway=gateway_id,
        group=row.group[:64],
        from_ms=row.from_ms,
        to_ms=row.to_ms,
        verdict=row.verdict.value,
        rule=row.rule[:16],
        master_wh=row.master_wh,
        subs_wh=row.subs_wh,
        own_use_wh=row.own_use_wh,
        technical_wh=row.technical_wh,
        unexplained_wh=row.unexplained_wh,
        uncertainty_wh=row.uncertainty_wh,
        z_milli=row.z_milli,
        frozen=row.frozen,
        meters=row.meters,
        missing=[str(meter)[:64] for meter in row.missing],
    )
