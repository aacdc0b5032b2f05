"""Follows the registry's file and tells central its content once it has rested: commissioning changes it many times in a row."""

import asyncio

import msgspec
import structlog

from gateway.adapters.registry_store import RegistryDamaged, RegistryStore, stamp
from gateway.app.parts import Parts
from gateway.application.ports import StoreFull
from gateway.application.registry_copy import tell_registry
from gateway.contract.facts import Instant
from gateway.contract.registry_facts import RegistryCopy, RegistryLine, RegistryMeter

RESTED_S = 10.0
"""A registry that didn't change for so long is told."""

log = structlog.get_logger("registry")


async def keep_copied(parts: Parts) -> None:
    """Tell the registry for ever. One that can't be read is the commissioning's to say; the copy waits."""
    registry = parts.commissioning.registry
    told, seen = None, stamp(registry.path)
    if seen is not None and await _tell(parts, registry):
        told = seen
    while True:
        await asyncio.sleep(RESTED_S)
        before, seen = seen, stamp(registry.path)
        if seen is not None and seen == before != told and await _tell(parts, registry):
            told = seen


async def _tell(parts: Parts, registry: RegistryStore) -> bool:
    """Say whether it is told now, or need not be."""
    try:
        copy = copy_of(registry, parts.clock.now())
        if await parts.store.run(lambda journal: tell_registry(journal, copy)):
            parts.signals.outbox.set()
            log.info("registry-told", lines=len(copy.lines), meters=len(copy.meters))
    except (OSError, RegistryDamaged, StoreFull) as error:
        log.warning("registry-not-told", why=str(error))
        return False
    return True


def copy_of(registry: RegistryStore, now: Instant) -> RegistryCopy:
    """Give the registry as it travels. Raises RegistryDamaged."""
    return RegistryCopy(
        at=now,
        lines=[msgspec.convert(row, RegistryLine, from_attributes=True) for row in registry.lines()],
        meters=[msgspec.convert(row, RegistryMeter, from_attributes=True) for row in registry.meters()],
    )
