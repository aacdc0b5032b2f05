"""What a new epoch of a gateway's store starts from, by central's books (C-11). Sends nothing."""

from django.db.models import QuerySet, Sum

from central.campus.models import Account
from central.link.control_queries import controls_for_opening, locks_for_opening
from central.link.models import (
    BilledRegister,
    Delivery,
    Gateway,
    Grant,
    MirrorBalance,
    StockVoucher,
    TakeBackRequest,
)
from central.link.month_uses import month_uses
from gateway.contract.commands import Opening
from gateway.contract.facts import Balance
from gateway.contract.identifiers import AccountId, Epoch, GrantId, MeterNo


def opening_for(gateway: Gateway) -> Opening:
    """Give what a new epoch starts from: the balances by the gateway's own entries, billed registers, and grants in them."""
    applied = Grant.objects.filter(delivery__gateway=gateway, delivery__applied_ms__isnull=False)
    given = _given_by_expiry(applied)
    live = set(
        Account.objects.filter(point__room__building=gateway.building_id)
        .exclude(state=Account.State.CLOSED)
        .values_list("code", flat=True)
    )
    mirror = [
        m
        for m in MirrorBalance.objects.filter(gateway=gateway).order_by("account", "bucket")
        if m.account in live
    ]
    registers = BilledRegister.objects.filter(gateway=gateway, account__in=live)
    controls, controls_ended = controls_for_opening(gateway, live)
    return Opening(
        epoch=Epoch(gateway.epoch),
        balances=[row for m in mirror for row in by_expiry(m, given.get((m.account, m.bucket), {}))],
        registers_wh={MeterNo(r.meter): r.register_wh for r in registers},
        known_grants=[GrantId(name) for name in (*_without_serial(applied), *_taken_unanswered(gateway))],
        grants_up_to=gateway.last_grant_serial,
        grants_pending=_pending_serials(gateway),
        months=month_uses(gateway, live),
        billed_ms={MeterNo(r.meter): r.at_ms for r in registers if r.at_trusted},
        controls=controls,
        controls_ended=controls_ended,
        locks=locks_for_opening(gateway.pk),
    )


def _given_by_expiry(applied: QuerySet[Grant]) -> dict[tuple[str, str], dict[int, int]]:
    """Sum what was granted by account and bucket, then by expiry: few sums, however many grants there were."""
    given: dict[tuple[str, str], dict[int, int]] = {}
    sums = applied.values_list("account__code", "bucket", "expires_ms").annotate(given=Sum("amount"))
    for account, bucket, expires_ms, amount in sums.order_by():
        given.setdefault((account, bucket), {})[expires_ms] = int(amount)
    return given


def _without_serial(applied: QuerySet[Grant]) -> list[str]:
    """Those that were signed before serials came: few, and named one by one."""
    return list(applied.filter(delivery__serial=None).values_list("grant_id", flat=True))


def _pending_serials(gateway: Gateway) -> list[int]:
    """Serials that the balances don't hold yet: they must be credited when they come."""
    pending = Delivery.objects.filter(gateway=gateway, applied_ms=None).exclude(serial=None)
    return sorted({*pending.values_list("serial", flat=True), *_unsold_serials(gateway)})


def _unsold_serials(gateway: Gateway) -> list[int]:
    """Those of vouchers of the stock that may still be credited: no balance holds them. A destroyed one dies with the opening."""
    waiting = StockVoucher.objects.filter(gateway=gateway, redeemed=None, destroyed=None)
    given = Delivery.objects.filter(gateway=gateway).exclude(serial=None).values("serial")
    return list(waiting.exclude(serial__in=given).values_list("serial", flat=True))


def _taken_unanswered(gateway: Gateway) -> list[str]:
    """Requests that entries prove were done, while the answer is still missing: the balances are without what was taken."""
    requests = TakeBackRequest.objects.filter(
        account__point__room__building=gateway.building_id,
        state=TakeBackRequest.State.PENDING,
        taken__gt=0,
    )
    return list(requests.values_list("request_id", flat=True))


def by_expiry(mirror: MirrorBalance, given: dict[int, int]) -> list[Balance]:
    """Split what is left of a bucket by expiry: the earliest is used first, so what is left belongs to the latest.

    `given` is what was granted, by expiry (0 never).
    """
    left, amounts = mirror.amount, {0: 0}
    for expires_ms in sorted(given, key=lambda expires_ms: expires_ms or 1 << 62, reverse=True):
        part = min(given[expires_ms], max(left, 0))
        amounts[expires_ms] = amounts.get(expires_ms, 0) + part
        left -= part
    amounts[0] += left
    return [
        Balance(AccountId(mirror.account), mirror.bucket, mirror.unit, amount, expires_ms)
        for expires_ms, amount in sorted(amounts.items())
        if amount or expires_ms == 0
    ]
