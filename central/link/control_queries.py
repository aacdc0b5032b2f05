"""Rooms under software control and relays that are locked out, by what their gateways told (R-4.3.4, R-4.3.5). Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import QuerySet

from central.link import outbox
from central.link.models import Command, Gateway, LockOut, RelayState, SoftwareControl
from gateway.contract.commands import (
    BeginSoftwareControl,
    EndSoftwareControl,
    LockStanding,
    decode_command,
)
from gateway.contract.facts import Instant, RelayVerdict
from gateway.contract.identifiers import AccountId, BootId, MeterNo
from gateway.contract.meter_facts import SoftwareControlBegun

BEGIN = str(BeginSoftwareControl.__struct_config__.tag)
END = str(EndSoftwareControl.__struct_config__.tag)
CENTRAL = "central"
"""The owner of what is locked out from here; it alone is released from here."""
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


def unmetered_spans(meter: str, from_ms: int, until_ms: int) -> list[tuple[int, int]]:
    """Give the times between two instants in which a meter was known to be faulty: its readings then are no measure.

    Each from the last good register to the end, or to `until_ms` while it stands.
    """
    found = SoftwareControl.objects.filter(meter=meter, began_ms__lt=until_ms).select_related("ended")
    spans = []
    for row in found.order_by("began_ms"):
        began_ms = row.began_ms if row.last_good_ms is None else min(row.last_good_ms, row.began_ms)
        ended = getattr(row, "ended", None)
        span = max(began_ms, from_ms), min(ended.at_ms if ended else until_ms, until_ms)
        if span[0] < span[1]:
            spans.append(span)
    return spans


def asked_of(account_code: str) -> QuerySet[Command]:
    """Give the orders about an account's control that its gateway has not answered."""
    controls = list(SoftwareControl.objects.filter(account=account_code).values_list("pk", flat=True))
    open_orders = Command.objects.filter(kind__in=(BEGIN, END), state__in=outbox.OPEN_STATES)
    named = [c.pk for c in open_orders if c.subject in controls or _account_in(c) == account_code]
    return Command.objects.filter(pk__in=named).order_by("pk")


def _account_in(command: Command) -> str:
    order = decode_command(bytes(command.body))
    return order.account if isinstance(order, BeginSoftwareControl) else ""


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


@dataclass(frozen=True, slots=True)
class LockSeen:
    """How a relay stands by its gateway's newest word."""

    meter: str
    standing: tuple[LockOut, ...]
    """Who locked it out; empty: nobody."""
    observed_closed: bool | None
    """The contact as it was read back; None: not known."""
    read_back: bool
    """Status word and current agree with what is wanted now: while locked out, that is open (C-15)."""
    seen_ms: int | None
    why: str
    """The gateway's word on what the relay wants or does."""

    @property
    def is_locked_out(self) -> bool:
        return bool(self.standing)

    @property
    def is_proved_open(self) -> bool:
        """Locked out, and read back open since: the only moment at which work may begin, behind an isolated circuit."""
        return self.is_locked_out and self.read_back and self.observed_closed is False


def lock_seen(meter_no: str) -> LockSeen:
    """Give a relay's lock-outs and what was read back of it."""
    standing = tuple(locked_out().filter(meter=meter_no))
    relay = RelayState.objects.filter(meter=meter_no).first()
    if relay is None:
        return LockSeen(meter_no, standing, None, False, None, "")
    wanted = relay.desired_closed is False if standing else relay.desired_closed is not None
    proved = relay.verdict == RelayVerdict.CONFIRMED.value
    return LockSeen(meter_no, standing, relay.observed_closed, wanted and proved, relay.at_ms, relay.why)


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
