"""A meter is replaced on site while the daemon runs, the link down or up: on real lines, by the technician's command (R-4.3.5)."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gateway.adapters.control_socket import Unable
from gateway.adapters.journal_store import SqliteJournal
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.app import address_orders
from gateway.app.swap_orders import SwapOrders
from gateway.application.change_address import begin_change
from gateway.application.plan_swap import SwapOrder
from gateway.application.records import AddressChange, MeterPlace, Swap
from gateway.application.sealed_register import Sealed
from gateway.application.swap_meter import swap_meter
from gateway.contract.commands import Configure
from gateway.contract.facts import Entry, Instant
from gateway.contract.meter_facts import MeterSwapped
from gateway.contract.rules import PolicyRule
from tests.app.station import MODEL, Central, Station, rooms, until
from tests.application.site import HOUR_MS, PRICE, Site, tie


def registered(station: Station) -> dict[str, MeterRow]:
    return {row.meter_number: row for row in RegistryStore(station.data, read_models()).meters()}


def unregister(station: Station, meter: str) -> None:
    assert RegistryStore(station.data, read_models()).remove_meter(meter) is None


def room_of(status: dict[str, Any], account: str = "a1") -> dict[str, Any]:
    return next(room for room in status["rooms"] if room["account"] == account)


async def swapped(station: Station, *words: str) -> tuple[int, str, str]:
    return await station.command("swap", *words, "--why", "burnt out", "--yes")


NEW = ("--line", "a", "--address", "2", "--model", MODEL)


async def test_a_meter_is_swapped_with_both_on_the_line_and_an_old_configuration_changes_nothing(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", load="0W")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1"))
    await central.grant("g", "a1", 5)
    await station.until_status(lambda status: room_of(status)["observed_closed"], "supplied")
    assert (await station.command("lock-out", "m1", "--why", "rewiring"))[0] == 0
    await until(lambda: station.meters["1"].relay.contact_closed is False, "locked out")
    station.use_10_wh("1")
    code, out, err = await swapped(station, "m1", "m2", *NEW)
    assert (code, err) == (0, "")
    assert "last 100.01 kWh, first 100.00 kWh" in out
    assert set(registered(station)) == {"m2"}
    await until(lambda: station.meters["2"].relay.contact_closed is False, "the new relay is locked out too")
    await until(lambda: central.facts(MeterSwapped), "told to central")
    (fact,) = central.facts(MeterSwapped)
    assert (fact.account, fact.last_wh, fact.first_wh, fact.last_read_by) == ("a1", 100_010, 100_000, "")
    assert fact.last_frame
    assert fact.first_frame
    assert central.billed_wh("a1") == 10
    old = Configure(
        central.number + 1, list(rooms("1", warn_at=[1])), [tie("a1", "m1")], [PRICE], PolicyRule()
    )
    await central.command(old)
    assert (await station.command("lock-out", "m2", "--end", "--why", "done"))[0] == 0
    await until(lambda: station.meters["2"].relay.contact_closed, "supplied by the new meter")
    station.use_10_wh("2")
    await station.until_status(lambda status: room_of(status)["meter"] == "m2", "on the new meter")
    assert central.alarms() == set()
    code, out, _ = await swapped(station, "m1", "m2")
    assert (code, "before; nothing was changed" in out) == (0, True)
    code, out, err = await swapped(station, "m2", "m1")
    assert (code, err) == (0, "")
    assert set(registered(station)) == {"m1"}
    await station.until_status(lambda status: room_of(status)["meter"] == "m1", "swapped back")
    await until(lambda: central.billed_wh("a1") == 20, "billed on the new meter, too")
    assert {entry.meter for entry in central.facts(Entry) if entry.energy_wh} == {"m1", "m2"}


async def test_books_that_do_not_add_up_are_quarantined_and_nothing_is_swapped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = Site()
    site.configure()
    site.read(50_000)
    site.wait(HOUR_MS)
    before = site.meter()

    class Writer:
        async def run(self, use_case: Any) -> Any:
            return site.journal.perform(use_case)

    monkeypatch.setattr("gateway.application.settle.audit_charges", lambda *_: "planted")
    last, first = Sealed(51_000, site.now, read_by="wang"), Sealed(7_000, site.now, b"first")
    ask = SwapOrder("m1", "m2", last, first, MeterPlace("a", "2", MODEL), "li", "burnt out")
    orders: Any = SwapOrders(SimpleNamespace(store=Writer()))  # type: ignore[arg-type]
    with pytest.raises(Unable, match="quarantined: a1 could not be billed to the last register: planted"):
        await orders._done(ask, site.now)
    assert (site.meter(), site.state().quarantined) == (before, "planted")


async def test_a_dead_meters_register_is_typed_or_taken_from_the_last_reading_without_any_central(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await station.until_status(lambda status: room_of(status)["last_seen_s"] is not None, "read")
    station.meters["1"].glitches.dead = True
    code, _, err = await swapped(station, "m1", "m2")
    assert (code, "--line" in err) == (1, True)
    code, _, err = await swapped(station, "m1", "m2", *NEW)
    assert (code, "no answer" in err, "--last-good" in err) == (1, True, True)
    code, _, err = await swapped(station, "m1", "m2", *NEW, "--last", "99.00", "--last-by", "wang")
    assert (code, "last-impossible" in err, "backwards" in err) == (1, True, True)
    code, _, err = await swapped(station, "m1", "m2", *NEW, "--last", "99.00")
    assert (code, "--last-by" in err) == (2, True)
    station.meters["2"].glitches.dead = True
    typed = ("--last", "100.02", "--last-by", "wang")
    code, _, err = await swapped(station, "m1", "m2", *NEW, *typed)
    assert (code, "m2 can't be read: no answer" in err, "--first KWH" in err) == (1, True, True)
    code, out, err = await swapped(station, "m1", "m2", *NEW, *typed, "--first", "100.00", "--first-by", "li")
    assert (code, err) == (0, "")
    assert "m2 doesn't answer yet" in out
    station.meters["2"].glitches.dead = False
    await until(lambda: central.facts(MeterSwapped), "told")
    (fact,) = central.facts(MeterSwapped)
    assert (fact.last_read_by, fact.last_frame, fact.last_wh) == ("wang", None, 100_020)
    assert (fact.first_read_by, fact.first_frame, fact.first_wh) == ("li", None, 100_000)
    assert fact.why == "burnt out"


async def test_a_swap_is_shown_before_it_is_done_and_no_is_no(station: Station, central: Central) -> None:
    await station.wire("a", "1", "2")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await station.until_status(lambda status: room_of(status)["last_seen_s"] is not None, "read")
    code, out, err = await station.command("swap", "m1", "m2", *NEW, "--why", "x")
    assert (code, "Nothing was done" in err) == (1, True)
    assert "last register of m1:  100.00 kWh, read by the gateway" in out
    assert set(registered(station)) == {"m1"}
    assert central.facts(MeterSwapped) == []


async def test_a_crash_between_the_swap_and_the_registry_is_mended_at_the_start(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", load="0W")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await station.until_status(lambda status: room_of(status)["last_seen_s"] is not None, "read")
    await station.kill()
    journal = SqliteJournal(station.data / "journal.db")
    now = Instant("between", 1, station.clock.now_ms(), True)
    first = Sealed(100_000, now, b"f")
    ask = SwapOrder("m1", "m2", None, first, MeterPlace("a", "2", MODEL), "li", "burnt out")
    journal.perform(lambda opened: swap_meter(opened, ask, now))
    journal.close()
    assert set(registered(station)) == {"m1"}
    await station.start()
    assert set(registered(station)) == {"m2"}
    await station.until_status(
        lambda status: room_of(status)["meter"] == "m2" and room_of(status)["observed_closed"],
        "on the new meter",
    )
    await until(lambda: central.facts(MeterSwapped), "told")
    assert (await swapped(station, "m1", "m2"))[0] == 0
    assert len(central.facts(MeterSwapped)) == 1


async def test_a_card_that_takes_no_registry_neither_ends_the_daemon_nor_loses_the_swap(
    station: Station, central: Central
) -> None:
    """What stands in the way of the file that replaces the registry fails its writer like a full card, and lets readers be."""
    await station.wire("a", "1", "2", load="0W")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1"))
    obstacle = station.data / "registry.json.new"
    obstacle.mkdir()
    code, out, err = await swapped(station, "m1", "m2", *NEW)
    assert (code, err) == (0, "")
    assert "m2 has taken the place of m1" in out
    assert "registry can't follow yet: [Errno 21]" in out
    assert set(registered(station)) == {"m1"}
    code, out, _ = await swapped(station, "m1", "m2")
    assert (code, "before" in out, "registry can't follow yet" in out) == (0, True, True)
    _, out, _ = await swapped(station, "m1", "m2", "--lang", "zh")
    assert "登记表暂时无法更新" in out
    await station.kill()
    await station.start()
    assert set(registered(station)) == {"m1"}
    assert "registry-does-not-follow" in station.log_text()
    obstacle.rmdir()
    assert (await swapped(station, "m1", "m2"))[0] == 0
    assert set(registered(station)) == {"m2"}


async def test_what_the_registry_could_not_follow_is_tried_again_without_a_restart(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A damaged registry, mended by a person: a swap and a change of address left over, one round after the other."""
    monkeypatch.setattr(address_orders, "LOOK_EVERY_S", 0.01)
    registry = RegistryStore(tmp_path, read_models())
    assert registry.add_line(LineRow("a", "/dev/x")) is None
    assert registry.add_meter(MeterRow("m1", "a", "1", MODEL)) is None
    site = Site()
    site.configure()
    site.read(50_000)
    assert isinstance(site.do(swap_meter, order()), Swap)
    site.ask(begin_change, "m2", AddressChange("2", "9", "li", "double"))
    good = registry.path.read_bytes()
    registry.path.write_bytes(b"[")
    keeper = asyncio.create_task(address_orders.keep_addresses(parts_over(site, registry)))
    await asyncio.sleep(0.1)
    assert not keeper.done()
    registry.path.write_bytes(good)
    await until(lambda: [row.meter_number for row in registry.meters()] == ["m2"], "the registry follows")
    keeper.cancel()


def order() -> SwapOrder:
    place = MeterPlace("a", "2", MODEL, 1, "")
    return SwapOrder("m1", "m2", None, Sealed(100_000, Instant("b", 0, 0, True)), place, "li", "burnt out")


def parts_over(site: Site, registry: RegistryStore) -> Any:
    """As much of a daemon's parts as its keeper of addresses needs, where no line runs."""

    async def run(use_case: Any) -> Any:
        return site.ask(use_case)

    commissioning = SimpleNamespace(registry=registry, meter_at=lambda row: "line 'a' doesn't run here")
    clock = SimpleNamespace(now=lambda: site.now)
    return SimpleNamespace(store=SimpleNamespace(run=run), commissioning=commissioning, clock=clock)
