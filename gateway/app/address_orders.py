"""Giving a meter another address on its line: checked, noted, sent once, read back there, and only then entered in the registry.

The note stands in the journal before anything is sent. Whatever crashes, the meter is looked for at the new address and at the old
one until it answers: a meter that took its address and was forgotten would be silent for ever.
"""

import asyncio
from dataclasses import replace
from enum import StrEnum

import structlog

from gateway.adapters.control_socket import Order, Unable
from gateway.adapters.registry_store import MeterRow, RegistryDamaged
from gateway.app.parts import Parts
from gateway.app.swap_orders import follow_swaps, no_row
from gateway.application.change_address import begin_change, end_change, is_the_meter, note_lost, open_changes
from gateway.application.ports import Rank, Silent, StoreFull
from gateway.application.records import AddressChange
from gateway.contract.identifiers import MeterNo
from gateway.loops.fleet import FleetMeter
from gateway.protocols.driver import Answer, Item, Refused
from gateway.protocols.meters import names_one_meter
from gateway.protocols.readdress import WILDCARD, Readdressing, readdressing, who_answered
from gateway.words import mark

LOOK_EVERY_S = 60.0

log = structlog.get_logger("addresses")


class Found(StrEnum):
    """Where a meter answers after it was told to move."""

    NEW = "new"
    OLD = "old"
    NOWHERE = "nowhere"
    STRANGER = "stranger"
    """Somebody answers at the new address, and nothing proves that it is this meter."""


NOT_MOVED = {
    Found.OLD: mark(
        "{meter} still answers at {old}: is its programming key pressed, is it in set-up mode? "
        "Else set it on the meter, then enter it: cardroom-gateway meters readdress"
    ),
    Found.NOWHERE: mark(
        "{meter} answers neither at {new} nor at {old}; it is looked for, and entered where it answers"
    ),
    Found.STRANGER: mark(
        "a meter answers at {new}, but its number is not {meter}'s; nothing was entered. Look at its display, "
        "then enter it: cardroom-gateway meters readdress {meter} {new}"
    ),
}


class AddressOrders:
    """Does the order, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def set_address(self, order: Order) -> dict[str, str]:
        """Give a meter another address. Refused by name before anything is sent, or told where the meter answers afterwards."""
        meter, new = MeterNo(order.text("meter")), order.text("address").upper()
        row = self._parts.commissioning.registry.meter(meter)
        if row is None:
            raise Unable(
                mark("there is no meter {meter}; `cardroom-gateway meters list` shows them"), meter=meter
            )
        if not names_one_meter(new):
            raise Unable(
                mark("{address} speaks to more than one meter; give the meter an address of its own"),
                address=new,
            )
        refusal = self._parts.commissioning.registry.judge_replacement(meter, replace(row, address=new))
        if refusal is not None:
            raise no_row(refusal)
        here, there = self._made(row), self._made(replace(row, address=new))
        moving = self._moving(row, new)
        await self._check_line(row, here, there, moving)
        change = AddressChange(row.address, new, order.by, order.text("why"), self._parts.clock.now())
        await self._parts.store.run(lambda journal: begin_change(journal, meter, change))
        reply = await here.line.tell(moving.driver, moving.exchange)
        if isinstance(reply, Refused):
            log.warning("address-refused", meter=meter, reason=reply.reason)
        try:
            found = await settle_change(self._parts, meter, change)
        except (OSError, RegistryDamaged) as error:
            told = mark(
                "{meter} was told to move to {new}, but the registry can't follow yet: {why}; it is tried again each minute"
            )
            raise Unable(told, meter=meter, new=new, why=error) from error
        return self._told(found, row, new)

    def _told(self, found: Found, row: MeterRow, new: str) -> dict[str, str]:
        if found in NOT_MOVED:
            raise Unable(NOT_MOVED[found], meter=row.meter_number, old=row.address, new=new)
        return {"meter": row.meter_number, "old": row.address, "new": new}

    def _made(self, row: MeterRow) -> FleetMeter:
        made = self._parts.commissioning.meter_at(row)
        if isinstance(made, str):
            raise Unable(made, about=row.meter_number)
        return made

    def _moving(self, row: MeterRow, new: str) -> Readdressing:
        model = self._parts.commissioning.model(row.model)
        line = next((one for one, _ in self._parts.commissioning.lines() if one.name == row.line), None)
        assert model is not None, "the meter could be made"
        assert line is not None, "its line runs"
        moving = readdressing(model, row.address, new, line.baud)
        if moving is None:
            by_hand = mark(
                "a {model} takes no address from the line: set it on the meter, then enter it: "
                "cardroom-gateway meters readdress {meter} {new}"
            )
            raise Unable(by_hand, model=row.model, meter=row.meter_number, new=new)
        return moving

    async def _check_line(
        self, row: MeterRow, here: FleetMeter, there: FleetMeter, moving: Readdressing
    ) -> None:
        """See that the meter is there, that nobody is at the new address, and where all would take it, that it is alone."""
        others = [
            one.meter_number
            for one in self._parts.commissioning.registry.meters()
            if one.line == row.line and one.meter_number != row.meter_number
        ]
        if moving.alone and others:
            all_move = mark(
                "every meter on line {line} would take the address, and {count} others are on it ({others}); wire {meter} alone, "
                "or set it on the meter, then enter it: cardroom-gateway meters readdress {meter} {new}"
            )
            raise Unable(
                all_move,
                line=row.line,
                count=len(others),
                others=", ".join(others[:3]),
                meter=row.meter_number,
                new=there.driver.address,
            )
        if not isinstance(await _ask(here), Answer):
            raise Unable(
                mark("{meter} doesn't answer at {address}; nothing was sent"),
                meter=row.meter_number,
                address=row.address,
            )
        if not isinstance(await _ask(there), Silent):
            raise Unable(
                mark("something answers at {address} on line {line} already; nothing was sent"),
                address=there.driver.address,
                line=row.line,
            )
        if moving.alone:
            await self._check_alone(row, here)

    async def _check_alone(self, row: MeterRow, here: FleetMeter) -> None:
        everybody = self._made(replace(row, address=WILDCARD))
        reply = await _ask(everybody)
        wanted = here.driver.address
        if not isinstance(reply, Answer):
            several = mark(
                "{meter} is not alone on line {line}: asked who is there, several spoke at once; nothing was sent"
            )
            raise Unable(several, meter=row.meter_number, line=row.line)
        other = who_answered(reply.raw)
        if other not in (wanted, WILDCARD):
            stranger = mark(
                "{meter} is not alone on line {line}: asked who is there, {other} answered; nothing was sent"
            )
            raise Unable(stranger, meter=row.meter_number, line=row.line, other=other)


async def _ask(meter: FleetMeter, item: Item = Item.ENERGY) -> object:
    return await meter.line.read(meter.driver, item, Rank.READ_BACK)


async def settle_change(parts: Parts, meter: MeterNo, change: AddressChange) -> Found:
    """Look where a meter answers, and let registry and journal say so: the registry first, as the end of the note ends the work."""
    registry = parts.commissioning.registry
    row = registry.meter(meter)
    if row is None:
        await _end(parts, meter, change.old)
        return Found.NOWHERE
    missed = Found.NOWHERE
    for address, found in ((change.new, Found.NEW), (change.old, Found.OLD)):
        made = parts.commissioning.meter_at(replace(row, address=address))
        if not isinstance(made, FleetMeter) or not isinstance(await _ask(made), Answer):
            continue
        if row.address != address and not await _is_it(parts, meter, made, change):
            missed = Found.STRANGER
            continue
        refusal = registry.readdress(meter, address) if row.address != address else None
        if refusal is not None:
            log.error("registry-does-not-follow", meter=meter, why=str(refusal))
            break
        await _end(parts, meter, address)
        return found
    now, is_stranger = parts.clock.now(), missed is Found.STRANGER
    await parts.store.run(lambda journal: note_lost(journal, meter, now, stranger=is_stranger))
    return missed


async def _is_it(parts: Parts, meter: MeterNo, made: FleetMeter, change: AddressChange) -> bool:
    reply = await _ask(made, Item.IDENTITY) if Item.IDENTITY in made.driver.items else None
    identity, now = reply.values.identity if isinstance(reply, Answer) else None, parts.clock.now()
    return await parts.store.run(lambda journal: is_the_meter(journal, meter, change, identity, now))


async def _end(parts: Parts, meter: MeterNo, at: str) -> None:
    now = parts.clock.now()
    await parts.store.run(lambda journal: end_change(journal, meter, at, now))
    log.info("address-settled", meter=meter, answers_at=at)


async def settle_changes(parts: Parts) -> None:
    """Look once for each meter whose change of address has no known end; a registry that can't follow ends nothing."""
    try:
        changes = await parts.store.run(open_changes)
    except StoreFull:
        return
    for meter, change in changes.items():
        try:
            await settle_change(parts, meter, change)
        except (OSError, RegistryDamaged, StoreFull) as error:
            log.error("registry-does-not-follow", meter=meter, why=str(error))


async def keep_addresses(parts: Parts) -> None:
    """Let the registry follow for ever what was left over: swaps, and meters that fell silent while they were readdressed."""
    while True:
        await follow_swaps(parts)
        await settle_changes(parts)
        await asyncio.sleep(LOOK_EVERY_S)
