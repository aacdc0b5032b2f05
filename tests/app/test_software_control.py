"""A faulty meter on site: its room stays on, also when the daemon is killed; everybody sees it, and a swap ends it (R-4.3.5)."""

import json
from typing import Any

from gateway.contract.commands import RelayWish, SetRelay
from gateway.contract.meter_facts import (
    LockOut,
    MeterSwapped,
    SoftwareControlBegun,
    SoftwareControlEnded,
)
from tests.app.station import MODEL, Central, Station, rooms, until
from tests.app.test_swap import room_of, unregister

WHY = ("--why", "rubbish on the display")


async def shown(station: Station, *words: str) -> str:
    _, out, _ = await station.command(*words)
    return out


async def test_a_cut_room_with_a_faulty_meter_is_supplied_shown_everywhere_and_metered_again_by_a_swap(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", load="0W")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1"))
    await central.grant("g", "a1", 0.005)
    await station.until_status(lambda status: room_of(status)["observed_closed"], "supplied")
    station.use_10_wh("1")
    await until(lambda: station.meters["1"].relay.contact_closed is False, "cut for its credit")
    code, _, err = await station.command("software-control", "a9", *WHY, "--yes")
    assert (code, "no account, room or meter a9" in err) == (1, True)
    code, out, _ = await station.command("software-control", "m1", *WHY, "--ref", "F-3")
    assert (code, "billed up to 100.01 kWh, read by the gateway" in out) == (1, True)
    assert central.facts(SoftwareControlBegun) == [], "nobody said yes"
    code, out, err = await station.command("software-control", "m1", *WHY, "--ref", "F-3", "--yes")
    assert (code, err, "a1 is under software control" in out) == (0, "", True)
    await until(lambda: station.meters["1"].relay.contact_closed, "supplied whatever its credit")
    (begun,) = central.facts(SoftwareControlBegun)
    assert (begun.last_good_wh, begun.meter, begun.ref) == (100_010, "m1", "F-3")
    billed_wh = central.billed_wh("a1")
    station.use_10_wh("1")
    await _told_everywhere(station)
    await station.kill()
    await station.start()
    station.use_10_wh("1")
    await station.until_status(lambda status: room_of(status)["control"], "still under control")
    station.meters["1"].glitches.dead = True
    code, _, err = await station.command("software-control", "a1", "--end", "--why", "x", "--yes")
    assert (code, "meter-silent" in err) == (1, True)
    new = ("--line", "a", "--address", "2", "--model", MODEL)
    code, out, err = await station.command("swap", "m1", "m2", *new, "--why", "burnt", "--yes")
    assert (code, err) == (0, ""), "a dead module's register is asked for, though none is billed"
    await until(lambda: central.facts(SoftwareControlEnded), "told")
    (ended,) = central.facts(SoftwareControlEnded)
    (swapped,) = central.facts(MeterSwapped)
    assert (ended.end.value, ended.swap, ended.first_wh) == ("swapped", swapped.swap, 100_000)
    assert (swapped.last_wh, central.billed_wh("a1")) == (100_010, billed_wh)


async def _told_everywhere(station: Station) -> None:
    assert "faulty meter m1" in await shown(station, "status")
    assert "Software control: meter m1 is faulty" in await shown(station, "explain", "a1")
    assert "faulty: its room is supplied" in await shown(station, "meters")
    found = json.loads(await shown(station, "doctor", "--json", "--seconds", "1"))["findings"]
    (finding,) = [one for one in found if one["code"] == "software-control"]
    assert (finding["level"], finding["why"], "swap m1" in finding["next"]) == (
        "ask", f"{_me(found)}rubbish on the display [F-3]", True,
    )  # fmt: skip


def _me(found: list[dict[str, Any]]) -> str:
    (one,) = [one for one in found if one["code"] == "software-control"]
    return str(one["why"]).split(": ", maxsplit=1)[0] + ": "


async def test_the_same_meter_is_good_again_and_a_lock_out_of_central_is_seen_by_whoever_acts_on_it(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", load="0W")
    unregister(station, "m2")
    await station.start()
    await central.configure(*rooms("1"))
    await central.grant("g", "a1", 5)
    await station.until_status(lambda status: room_of(status)["observed_closed"], "supplied")
    assert (await station.command("software-control", "a1", *WHY, "--yes"))[0] == 0
    station.use_10_wh("1")
    await central.command(SetRelay("m1", RelayWish.LOCK_OUT, "chen", "new terminal", "W-7"))
    await until(lambda: station.meters["1"].relay.contact_closed is False, "locked out")
    (lock,) = central.facts(LockOut)
    assert (lock.locked, lock.owner, lock.by, lock.ref) == (True, "central", "chen", "W-7")
    for words in (
        ("status",),
        ("explain", "a1"),
        ("meters",),
        ("software-control", "a1", "--end", "--why", "x"),
        ("swap", "m1", "m2", "--line", "a", "--address", "2", "--model", MODEL, "--why", "x"),
    ):
        said = await shown(station, *words)
        assert ("chen" in said, "new terminal" in said, "W-7" in said) == (True, True, True), said
    code, out, err = await station.command("software-control", "a1", "--end", "--why", "dried", "--yes")
    assert (code, err, out) == (0, "", "a1 is billed by m1 again.\n")
    assert central.facts(SoftwareControlEnded)[0].counted_wh == 10
    await central.command(SetRelay("m1", RelayWish.RELEASE, "chen", "done"))
    await until(lambda: station.meters["1"].relay.contact_closed, "supplied again")
    assert [fact.locked for fact in central.facts(LockOut)] == [True, False]
    assert "LOCKED OUT" not in await shown(station, "status")
