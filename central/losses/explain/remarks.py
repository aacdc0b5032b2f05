"""What is missing in a bill, or not as usual: found here by name, said in words by `words`. Nothing is hidden, nothing guessed."""

from collections.abc import Iterator
from dataclasses import dataclass

from central.campus.models import Account
from central.domain.bill_checks import DamagedFrame, frame_register_wh
from central.domain.bill_content import EntryRow, LedgerRow, Remark, SwapRow
from central.link.models import Delivery, QuarantinedRow

LONG_MS = 3 * 3_600_000
LATE_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Gathered:
    """What the remarks are found in."""

    account: Account
    until_ms: int
    from_ms: int
    is_over: bool
    entries: list[EntryRow]
    elsewhere: list[EntryRow]
    transfers: list[LedgerRow]
    swaps: list[SwapRow]


def remarks_of(seen: Gathered) -> list[Remark]:
    """Name everything that a reader must know beside the figures."""
    return [*_of_time(seen), *_of_entries(seen), *_of_frames(seen), *_of_account(seen)]


def _of_time(seen: Gathered) -> Iterator[Remark]:
    if not seen.is_over:
        yield Remark("so-far")
    late = [row for row in seen.transfers if row.booked_ms >= seen.until_ms]
    if late:
        yield Remark("booked-after-end", len(late), max(row.booked_ms for row in late))
    slow = [one for one in seen.entries if one.received_ms - one.at_ms > LATE_MS]
    if slow:
        yield Remark("told-late", len(slow), max(one.received_ms for one in slow))


def _of_entries(seen: Gathered) -> Iterator[Remark]:
    used = [one for one in seen.entries if one.kind == "consumption"]
    provisional = [one for one in used if one.is_provisional]
    trued = {one.source for one in seen.entries if one.kind == "adjustment"}
    if provisional:
        yield Remark(
            "provisional", len(provisional), what=[o.entry for o in provisional if o.entry not in trued]
        )
    if untrusted := [one for one in seen.entries if not one.is_trusted]:
        yield Remark("clock-not-trusted", len(untrusted))
    if unbooked := [one for one in used if not one.is_booked]:
        yield Remark("not-booked", len(unbooked))
    if any(one.kind == "opening" for one in seen.entries):
        opened = next(one for one in seen.entries if one.kind == "opening")
        yield Remark("store-rebuilt", 1, opened.at_ms)
    apart = [o for o in used if o.from_ms is not None and o.at_ms - o.from_ms > LONG_MS]
    if apart:
        yield Remark("long-intervals", len(apart), max(o.at_ms - (o.from_ms or 0) for o in apart))
    if used:
        yield Remark("readings-thinned")
    if estimated := [o for o in used if o.register_to_wh is None]:
        yield Remark("no-register", len(estimated))
    if seen.swaps:
        yield Remark(
            "meter-swapped", len(seen.swaps), what=[f"{s.old_meter} → {s.new_meter}" for s in seen.swaps]
        )


def _of_frames(seen: Gathered) -> Iterator[Remark]:
    without, other = 0, 0
    for one in seen.entries:
        if one.kind != "consumption" or one.register_to_wh is None:
            continue
        try:
            without += not one.frame
            other += bool(one.frame) and frame_register_wh(one.frame) is None
        except DamagedFrame:
            continue  # a fault, not a remark
    if without:
        yield Remark("no-frame", without)
    if other:
        yield Remark("frame-not-decoded", other)
    ratios = sorted({(one.meter, one.ratio) for one in seen.entries if one.ratio != 1})
    if ratios:
        yield Remark("transformers", len(ratios), what=[f"{meter} × {ratio}" for meter, ratio in ratios])


def _of_account(seen: Gathered) -> Iterator[Remark]:
    account = seen.account
    if seen.elsewhere or account.pays_from_id:
        payers = {one.account for one in seen.elsewhere}
        if account.pays_from is not None:
            payers.add(account.pays_from.code)
        yield Remark("paid-elsewhere", len(seen.elsewhere), what=sorted(payers))
    users = sorted({one.used_by for one in seen.entries if one.used_by and one.used_by != account.code})
    if users:
        yield Remark("pays-for-others", len(users), what=users)
    waiting = Delivery.objects.filter(
        grant__account=account, applied_ms=None, grant__created_ms__lt=seen.until_ms
    ).exclude(refused=Delivery.WITHDRAWN)
    if count := waiting.count():
        yield Remark("credit-on-its-way", count)
    refused = QuarantinedRow.objects.filter(
        fact__contains=f'"{account.code}"', received_ms__gte=seen.from_ms, resolved_ms=None
    )
    if count := refused.count():
        yield Remark("rows-not-taken", count)
