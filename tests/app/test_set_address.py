"""A meter is given another address while the daemon runs: on real lines, refused where it could reach the wrong meter."""

from pathlib import Path

import pytest

from gateway.adapters.journal_store import SqliteJournal
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.change_address import begin_change, open_changes
from gateway.application.records import AddressChange
from gateway.contract.facts import Alarm
from tests.app.station import BAUD, MODEL, Central, Station, rooms, until


def address_of(station: Station, meter: str) -> str:
    row = RegistryStore(station.data, read_models()).meter(meter)
    assert row is not None
    return row.address


async def given(station: Station, meter: str, address: str) -> tuple[int, str]:
    code, _, err = await station.command("set-address", meter, address, "--why", "double", "--yes")
    return code, err


async def read(station: Station, meter: str) -> None:
    await station.until_status(
        lambda status: any(
            room["meter"] == meter and room["last_seen_s"] is not None and room["last_seen_s"] < 3
            for room in status["rooms"]
        ),
        f"{meter} read",
    )


async def test_a_meter_alone_on_its_line_takes_an_address_and_is_read_there(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1")
    await station.wire("b", "2", "3")
    await station.start()
    await central.configure(*rooms("1", "2", "3", protected=True))
    await read(station, "m1")
    assert await given(station, "m1", "77") == (0, "")
    assert station.meters["1"].identity.address.lstrip("0") == "77"
    assert address_of(station, "m1") == "77"
    await until(lambda: [a for a in central.facts(Alarm) if a.what == "address-changed"], "told to central")
    (said, *_) = [a for a in central.facts(Alarm) if a.what == "address-changed"]
    assert said.detail.endswith("from 1 to 77: double")
    await station.until_status(
        lambda status: status["lines"][0]["silent_meters"] == 0 and not status["alarms"], "quiet"
    )
    for meter, address, why in (
        ("m1", "AAAAAAAAAAAA", "more than one"),
        ("m1", "x", "a DL/T 645 address"),
        ("m2", "3", "is meter m3's"),
        ("m9", "5", "there is no meter m9"),
    ):
        code, err = await given(station, meter, address)
        assert (code, why in err) == (1, True)
    code, err = await given(station, "m2", "88")
    assert (code, "every meter on line b would take" in err, "meters readdress" in err) == (1, True, True)
    assert station.meters["2"].identity.address == "2"
    station.meters["1"].glitches.dead = True
    code, err = await given(station, "m1", "78")
    assert (code, "nothing was sent" in err) == (1, True)


async def test_a_meter_that_nobody_registered_is_noticed_before_anything_is_sent(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "5", "6")
    registry = RegistryStore(station.data, read_models())
    for meter in ("m5", "m6"):
        assert registry.remove_meter(meter) is None
    await station.start()
    code, err = await given(station, "m1", "5")
    assert (code, "something answers at 000000000005" in err) == (1, True)
    code, err = await given(station, "m1", "9")
    assert (code, "is not alone" in err) == (1, True)
    assert [station.meters[name].identity.address for name in ("1", "5", "6")] == ["1", "5", "6"]
    assert address_of(station, "m1") == "1"


async def test_a_meter_without_its_key_pressed_stays_where_it_is_and_it_is_said(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", programming_key=False)
    await station.start()
    code, err = await given(station, "m1", "9")
    assert (code, "still answers at 1" in err, "programming key" in err) == (1, True, True)
    assert address_of(station, "m1") == "1"


async def test_a_crash_before_the_registry_followed_is_mended_at_the_start(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1")
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await read(station, "m1")
    await station.kill()
    station.meters["1"].identity.address = "000000000009"
    journal = SqliteJournal(station.data / "journal.db")
    journal.perform(lambda opened: begin_change(opened, "m1", AddressChange("1", "9", "li", "x")))
    journal.close()
    await station.start()
    await until(lambda: address_of(station, "m1") == "9", "the registry follows")
    await read(station, "m1")


@pytest.mark.parametrize("wired", [{"model": "sdm120"}, {}], ids=["no number", "another number"])
async def test_whoever_answers_at_the_new_address_later_is_not_believed(
    station: Station, central: Central, wired: dict[str, str]
) -> None:
    """The meter is dead since it was told, and another one comes to that address: money would be taken for a stranger's energy."""
    await station.wire("a", "1", "8", **wired)
    registry = RegistryStore(station.data, read_models())
    assert registry.remove_meter("m8") is None
    if wired:
        assert registry.remove_meter("m1") is None
        assert registry.add_meter(MeterRow("m1", "a", "1", "eastron-sdm120")) is None
    await station.start()
    await central.configure(*rooms("1", protected=True))
    await read(station, "m1")
    await station.kill()
    station.meters["1"].glitches.dead = True
    station.meters["8"].identity.address = "9"
    journal = SqliteJournal(station.data / "journal.db")
    journal.perform(lambda opened: begin_change(opened, "m1", AddressChange("1", "9", "li", "x")))
    journal.close()
    await station.start()
    status = await station.until_status(
        lambda status: [a for a in status["alarms"] if a.startswith("address-open m1")], "named"
    )
    assert "readdress m1 9" in " ".join(status["alarms"])
    assert address_of(station, "m1") == "1"


async def test_a_meter_at_neither_address_is_named(station: Station, central: Central) -> None:
    await station.wire("a", "1")
    await station.start()
    await station.kill()
    station.meters["1"].glitches.dead = True
    journal = SqliteJournal(station.data / "journal.db")
    journal.perform(lambda opened: begin_change(opened, "m1", AddressChange("1", "9", "li", "x")))
    journal.close()
    await station.start()
    status = await station.until_status(
        lambda status: [a for a in status["alarms"] if a.startswith("address-open m1")], "named"
    )
    assert "answers at neither" in " ".join(status["alarms"])
    await station.kill()
    journal = SqliteJournal(station.data / "journal.db")
    assert set(journal.perform(open_changes)) == {"m1"}
    journal.close()


async def test_a_modbus_meter_is_named_by_its_old_address_among_others(
    station: Station, central: Central
) -> None:
    await station.wire("a", "5", "6", model="sdm120")
    registry = RegistryStore(station.data, read_models())
    for name in ("5", "6"):
        assert registry.remove_meter(f"m{name}") is None
        assert registry.add_meter(MeterRow(f"m{name}", "a", name, "eastron-sdm120")) is None
    await station.start()
    assert await given(station, "m5", "17") == (0, "")
    assert [station.meters[name].identity.address for name in ("5", "6")] == ["17", "6"]
    assert address_of(station, "m5") == "17"


def test_an_address_set_by_hand_is_entered_unless_another_meter_has_it(tmp_path: Path) -> None:
    registry = RegistryStore(tmp_path, read_models())
    assert registry.add_line(LineRow("a", "/dev/x", BAUD)) is None
    rows = [MeterRow("m1", "a", "1", MODEL, location="101"), MeterRow("m2", "a", "2", MODEL)]
    assert registry.add_meters(rows) == []
    assert registry.readdress("m1", "7") is None
    assert registry.meters()[0] == MeterRow("m1", "a", "7", MODEL, location="101")
    for meter, address, why in (
        ("m1", "02", "duplicate-address"),
        ("m9", "5", "unknown-meter"),
        ("m1", "AAAAAAAAAAAA", "bad-address"),
        ("m1", "x", "bad-address"),
    ):
        refusal = registry.readdress(meter, address)
        assert refusal is not None
        assert refusal.reason == why
    assert registry.meters()[0].address == "7"
