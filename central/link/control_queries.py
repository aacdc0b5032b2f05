"""Rooms under software control and relays that are locked out, by what their gateways told (R-4.3.4, R-4.3.5). Reads only."""

from collections.abc import Iterator

from django.db.models import QuerySet

from central.link.models import Command, Gateway, LockOut, SoftwareControl
from gateway.contract.commands import (
    BeginSoftwareControl,
    EndSoftwareControl,
    LockStanding,
)
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, BootId, MeterNo
from gateway.contract.meter_facts import SoftwareControlBegun

BEGIN = str(BeginSoftwareControl.__struct_config__.tag)
END = str(EndSoftwareControl.__struct_config__.tag)
NO_BOOT = BootId("")


def standing() -> QuerySet[SoftwareControl]:
    """Give the controls that stand, oldest first."""
    return SoftwareControl.objects.filter(ended=None).order_by("began_ms", "pk")


def of_account(account_code: str) -> QuerySet[SoftwareControl]:
    """Give an account's controls, newest first, each with its end in `ended` where there is one (`select_related`)."""
    found = SoftwareControl.objects.filter(account=account_code).select_related("ended", "gateway")
    return found.order_by("-began_ms", "-pk")


def standing_of(account_code: str) -> SoftwareControl | None:
    """Give the control that stands on an account, or None."""
    return standing().filter(account=account_code).first()


def controls_for_opening(gateway: Gateway, live: set[str]) -> tuple[list[SoftwareControlBegun], list[str]]:
    """Give what a new epoch must know: the controls that stand on open accounts, and the ids of those that ended (C-11)."""
    standing_here = standing().filter(gateway=gateway, account__in=live)
    ended = SoftwareControl.objects.filter(gateway=gateway).exclude(ended=None)
    return [_as_told(row) for row in standing_here], sorted(ended.values_list("pk", flat=True))


def _as_told(row: SoftwareControl) -> SoftwareControlBegun:
    good_at = None
    if row.last_good_ms is not None:
        good_at = Instant(NO_BOOT, 0, row.last_good_ms, row.last_good_trusted)
    return SoftwareControlBegun(
        control=row.control,
        account=AccountId(row.account),
        at=Instant(NO_BOOT, 0, row.began_ms, row.began_trusted),
        by=row.by,
        why=row.why,
        meter=MeterNo(row.meter) if row.meter else None,
        last_good_wh=row.last_good_wh,
        last_good_at=good_at,
        wh_per_day=row.wh_per_day,
        ref=row.ref,
    )


def orders_to_repeat(gateway: Gateway) -> Iterator[Command]:
    """Give the newest order about each control that was superseded, and that no row shows to be done: a new epoch asks again."""
    newest = {
        (c.kind, c.subject): c
        for c in Command.objects.filter(gateway=gateway, kind__in=(BEGIN, END)).order_by("pk")
    }
    begun = set(SoftwareControl.objects.filter(gateway=gateway).values_list("pk", flat=True))
    ended = set(
        SoftwareControl.objects.filter(gateway=gateway).exclude(ended=None).values_list("pk", flat=True)
    )
    for (kind, control), command in newest.items():
        done = control in (begun if kind == BEGIN else ended)
        if command.state == Command.State.SUPERSEDED and not done:
            yield command


def locked_out() -> QuerySet[LockOut]:
    """Give the lock-outs that stand, oldest first."""
    return LockOut.objects.filter(ended_ms=None).order_by("since_ms", "pk")


def locks_for_opening(gateway_id: str) -> list[LockStanding]:
    """Give what a new epoch must know of lock-outs (C-11)."""
    return [
        LockStanding(
            meter=MeterNo(row.meter),
            owner=row.owner,
            since=Instant(NO_BOOT, 0, row.since_ms, row.since_trusted),
            by=row.by,
            why=row.why,
            ref=row.ref,
        )
        for row in locked_out().filter(gateway=gateway_id)
    ]
