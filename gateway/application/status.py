"""What a technician wants to see of a building: plain values, read in one transaction. Changes nothing."""

from dataclasses import dataclass

from gateway.application.accounts import Metered, metered
from gateway.application.alarms import standing_alarms, station
from gateway.application.control_state import control_of, estimated_wh
from gateway.application.lock_outs import notes_of
from gateway.application.outbox import depth
from gateway.application.ports import Journal
from gateway.application.records import LockNote, RaisedAlarm
from gateway.application.shared_credit import live_balance
from gateway.contract.facts import DecisionKind, Instant, RelayVerdict
from gateway.contract.identifiers import AccountId, Epoch, GatewayId, MeterNo
from gateway.contract.meter_facts import SoftwareControlBegun
from gateway.contract.rules import AccountRule
from gateway.domain.reading import MeterState
from gateway.domain.relay import RelayState


@dataclass(frozen=True, slots=True)
class RoomStatus:
    """One room: its credit, its relay and why, and when its meter last answered well."""

    room: str
    account: AccountId
    meter: MeterNo | None
    balance: int
    """Live, in the account's unit: micro-yuan or Wh."""
    unit: str
    decision: DecisionKind | None
    reason: str
    relay_desired_closed: bool | None
    relay_observed_closed: bool | None
    relay_verdict: RelayVerdict
    relay_why: str
    locks: tuple[str, ...]
    register_wh: int | None
    power_w: int | None
    last_seen: Instant | None
    doubt: str
    quarantined: str
    closed: bool
    protected: bool
    estimated_wh: int | None = None
    """What a room without a meter is thought to have used since (R-4.3.5); `balance` doesn't contain it."""
    pays_from: str = ""
    """The account whose balance this is, where it is another one's (C-4)."""
    lock_notes: tuple[LockNote, ...] = ()
    control: SoftwareControlBegun | None = None
    """Its meter is faulty and bills nothing (R-4.3.5)."""


@dataclass(frozen=True, slots=True)
class StationStatus:
    """The gateway itself."""

    gateway: GatewayId
    epoch: Epoch
    config_version: int
    last_command: int
    last_seq: int
    unacked: int
    oldest_unacked_ms: int | None
    """When the oldest row that central has not acknowledged was written."""
    silent_meters: frozenset[MeterNo]
    """Those that did not answer when they were last asked."""
    rooms: int
    alarms: tuple[RaisedAlarm, ...]


def room_statuses(journal: Journal, now: Instant) -> list[RoomStatus]:
    """List all rooms by their label."""
    gathered = (metered(journal, AccountId(account)) for account in journal.records(AccountRule))
    rooms = [_room(journal, one, now) for one in gathered if one is not None]
    return sorted(rooms, key=lambda room: (room.room, room.account))


def _room(journal: Journal, one: Metered, now: Instant) -> RoomStatus:
    state = one.state
    relay = journal.record(RelayState, state.meter) if state.meter else None
    meter = one.meter or MeterState(MeterNo(""))
    control = control_of(journal, state.account)
    return RoomStatus(
        room=one.rule.room,
        account=state.account,
        meter=state.meter,
        balance=live_balance(journal, one, now),
        unit=one.rule.unit,
        decision=state.decision,
        reason=state.reason,
        relay_desired_closed=relay.desired_closed if relay else None,
        relay_observed_closed=relay.observed_closed if relay else None,
        relay_verdict=relay.verdict if relay else RelayVerdict.UNKNOWN,
        relay_why=relay.why if relay else "",
        locks=relay.locks if relay else (),
        register_wh=meter.register_wh,
        power_w=meter.power_w,
        last_seen=meter.at,
        doubt=meter.doubt,
        quarantined=state.quarantined,
        closed=state.closed,
        protected=one.rule.protected,
        estimated_wh=estimated_wh(one.rule, now),
        pays_from=one.rule.pays_from,
        lock_notes=tuple(notes_of(journal, state.meter)) if state.meter and relay and relay.locks else (),
        control=control.begun if control else None,
    )


def station_status(journal: Journal) -> StationStatus:
    """Tell the gateway's own marks, how many rows wait for central, and the alarms that stand."""
    here = station(journal)
    waiting = depth(journal)
    meters = journal.records(MeterState).values()
    return StationStatus(
        gateway=here.gateway,
        epoch=here.epoch,
        config_version=here.config_version,
        last_command=here.last_command,
        last_seq=journal.last_seq(here.epoch),
        unacked=waiting.rows,
        oldest_unacked_ms=waiting.oldest_ms,
        silent_meters=frozenset(meter.meter for meter in meters if meter.silent_since is not None),
        rooms=len(journal.records(AccountRule)),
        alarms=tuple(standing_alarms(journal)),
    )
