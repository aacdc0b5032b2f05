"""A gateway's entries of a bill, each tied to the one before it in its store: what was carried, and where the register stood."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from django.db.models import QuerySet

from central.domain.bill_checks import ratio_of
from central.domain.bill_content import EntryRow
from central.link.models import GatewayEntry, GatewayEpoch, MeterSwap, SoftwareControlEnd
from central.losses.explain.ledger_rows import within

FIRST = (0, 0)
"""Where a store stands that nothing is known of."""


def entries_of(account: str, from_ms: int, until_ms: int) -> list[EntryRow]:
    """Give the entries that an account's money was used by, in the order they were written."""
    return _rows(GatewayEntry.objects.filter(account=account), from_ms, until_ms)


def entries_elsewhere(account: str, from_ms: int, until_ms: int) -> list[EntryRow]:
    """Give the entries of an account's energy that another one paid."""
    used = GatewayEntry.objects.filter(used_by=account).exclude(account=account)
    return _rows(used, from_ms, until_ms)


def _rows(entries: QuerySet[GatewayEntry], from_ms: int, until_ms: int) -> list[EntryRow]:
    found = list(entries.filter(within(from_ms, until_ms)))
    order = _order_of_stores(found)
    found.sort(key=lambda one: (order.get((one.gateway_id, one.epoch), FIRST), one.seq))
    previous = _previous_of(found)
    return with_begins(_with_ratios([_row(one, previous.get(one.pk)) for one in found]))


def _order_of_stores(entries: Iterable[GatewayEntry]) -> dict[tuple[str, str], tuple[int, int]]:
    gateways = {one.gateway_id for one in entries}
    stores = GatewayEpoch.objects.filter(gateway__in=gateways).order_by("began_ms", "pk")
    return {(one.gateway_id, one.epoch): (one.began_ms, one.pk) for one in stores}


class _Before(NamedTuple):
    entry: str
    carried_nano_yuan: int


def _previous_of(entries: Sequence[GatewayEntry]) -> dict[str, _Before]:
    """Give the account's entry just before each one in its store, wherever that one's instant lies."""
    spans: dict[tuple[str, str, str], list[int]] = {}
    for one in entries:
        spans.setdefault((one.gateway_id, one.epoch, one.account), []).append(one.seq)
    previous: dict[str, _Before] = {}
    for (gateway, epoch, account), seqs in spans.items():
        theirs = GatewayEntry.objects.filter(gateway=gateway, epoch=epoch, account=account)
        theirs = theirs.order_by("seq").values_list("entry", "carried_nano_yuan")
        before = theirs.filter(seq__lt=min(seqs)).last()
        for row in theirs.filter(seq__gte=min(seqs), seq__lte=max(seqs)):
            if before is not None:
                previous[row[0]] = _Before(*before)
            before = row
    return previous


def _row(one: GatewayEntry, previous: _Before | None) -> EntryRow:
    return EntryRow(
        entry=one.entry,
        account=one.account,
        used_by=one.used_by or "",
        store=one.epoch,
        seq=one.seq,
        kind=one.kind,
        cause=one.cause,
        at_ms=one.at_ms,
        received_ms=one.received_ms,
        is_trusted=one.at_trusted,
        is_provisional=one.provisional,
        is_booked=one.booked,
        meter=one.meter,
        energy_wh=one.energy_wh,
        from_ms=one.from_ms,
        register_from_wh=one.register_from_wh,
        register_to_wh=one.register_to_wh,
        begins=False,
        price=one.micro_yuan_per_kwh,
        price_version=one.price_version,
        lines=[(bucket, unit, amount, after) for bucket, unit, amount, after in one.lines],
        carried_before_nano=previous.carried_nano_yuan if previous else 0,
        carried_after_nano=one.carried_nano_yuan,
        follows=previous.entry if previous else "",
        source=one.source,
        frame=one.raw_frame,
    )


def _with_ratios(rows: Sequence[EntryRow]) -> list[EntryRow]:
    read: dict[str, list[tuple[int, str]]] = {}
    for one in rows:
        if one.register_to_wh is not None and one.frame:
            read.setdefault(one.meter, []).append((one.register_to_wh, one.frame))
    ratios = {meter: ratio_of(registers) for meter, registers in read.items()}
    return [msgspec.structs.replace(one, ratio=ratios.get(one.meter, 1)) for one in rows]


def with_begins(rows: Sequence[EntryRow]) -> list[EntryRow]:
    """Mark the entries whose register doesn't go on from the one before, where the books say why: a swap, another payer's entry."""
    ends: dict[str, int | None] = {}
    marked = []
    for one in rows:
        before = ends.get(one.meter) if one.kind == "consumption" else None
        apart = before is not None and one.register_from_wh not in (None, before)
        marked.append(msgspec.structs.replace(one, begins=True) if apart and _is_explained(one) else one)
        if one.kind == "consumption":
            ends[one.meter] = one.register_to_wh
    return marked


def _is_explained(one: EntryRow) -> bool:
    """A person put the meter in at this register, or a faulty one was good again, or another bill or a store's life ended."""
    here = {"new_meter": one.meter, "first_wh": one.register_from_wh}
    if SoftwareControlEnd.objects.filter(**here).exists():
        return True
    swapped = MeterSwap.objects.filter(**here)
    ended = GatewayEntry.objects.filter(
        meter=one.meter, register_to_wh=one.register_from_wh, at_ms__lte=one.at_ms
    )
    return swapped.exists() or ended.exclude(pk=one.entry).exists()
