"""The first use case of every start: who am I, which epoch, do the books add up (C-11, C-14, C-17)."""

from dataclasses import dataclass
from hashlib import sha256

from gateway.application.accounts import quarantine
from gateway.application.outbox import begin_epoch
from gateway.application.ports import Journal
from gateway.application.records import ONLY, BootRow, Station
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId, Epoch, GatewayId


class WrongGateway(Exception):
    """The store belongs to another gateway. The message says which, and what to do."""


@dataclass(frozen=True, slots=True)
class Booted:
    """What the birth message and the clock's judgement need."""

    epoch: Epoch
    last_seq: int
    last_command: int
    config_version: int
    high_water_ms: int
    """The latest trusted wall time ever stored: a clock that shows less is wrong (C-14)."""
    quarantined: tuple[AccountId, ...]
    """Accounts whose balances are not the sum of their ledger, found now (C-17)."""


def proved_ms(journal: Journal) -> int | None:
    """Give the latest trusted wall time ever stored, None in a fresh store: the clock must know it before it is asked (C-14)."""
    here = journal.record(Station, ONLY)
    return here.high_water_ms or None if here else None


def boot(journal: Journal, gateway: GatewayId, now: Instant) -> Booted:
    """Begin a boot; a store without a station begins its first epoch. Raises WrongGateway for another gateway's store."""
    here = journal.record(Station, ONLY)
    if here is None:
        here = Station(gateway, epoch_name(gateway, Epoch(""), now))
        journal.keep(ONLY, here)
        begin_epoch(journal, here.epoch)
    if here.gateway != gateway:
        raise WrongGateway(
            f"the store belongs to gateway {here.gateway}, the configuration says {gateway}; "
            "point `data` at this gateway's own folder, or set the gateway's id right"
        )
    journal.keep(now.boot, BootRow(now))
    differing = journal.ledger_differences()
    for account in differing:
        quarantine(journal, account, "the balance is not the sum of the ledger", now)
    journal.must_commit()
    return Booted(
        epoch=here.epoch,
        last_seq=journal.last_seq(here.epoch),
        last_command=here.last_command,
        config_version=here.config_version,
        high_water_ms=here.high_water_ms,
        quarantined=tuple(differing),
    )


def epoch_name(gateway: GatewayId, previous: Epoch, now: Instant) -> Epoch:
    """Name a new epoch: the boot's id is random, so that two copies of one card never choose the same."""
    seed = f"{gateway} {previous} {now.boot} {now.monotonic_ms}".encode()
    return Epoch(sha256(seed).hexdigest()[:12])
