"""`doctor` as it is typed: a building that is well has no fault, one that isn't says what is wrong, in the reader's language."""

import json

from tests.app.station import Central, Station, rooms


async def test_a_building_that_is_well_has_no_fault_and_a_dead_meter_is_one(
    station: Station, central: Central
) -> None:
    await station.wire("a", "1", "2", "3")
    await station.start()
    await central.configure(*rooms("1"))
    await station.until_status(lambda status: status["link_connected"], "linked")
    await station.until_status(lambda status: status["lines"][0]["counters"].get("answers", 0) > 9, "polled")
    code, out, err = await station.command("doctor", "--seconds", "2", "--json")
    told = json.loads(out)
    bad = [finding for finding in told["findings"] if finding["level"] == "bad"]
    assert (code, bad, err) == (0, [], "")
    found = {finding["code"] for finding in told["findings"]}
    assert {"line-good", "link-good", "outbox-drains", "daemon-good"} <= found
    station.meters["2"].glitches.dead = True
    await station.until_status(lambda status: status["lines"][0]["counters"].get("silences"), "silent")
    code, out, _ = await station.command("doctor", "--seconds", "1", "--line", "a")
    assert (code, "[BAD]  Meter m2 does not answer" in out) == (1, True)
    code, out, _ = await station.command("doctor", "--seconds", "1", "--lang", "zh")
    assert (code, "[故障] 电表 m2 无应答" in out) == (1, True)
    assert "[BAD]" not in out
    assert (await station.command("doctor", "--line", "z"))[0] == 2
    await station.stop()
    station.meters["2"].glitches.dead = False
    code, out, _ = await station.command("doctor", "--json")
    found = {finding["code"] for finding in json.loads(out)["findings"]}
    assert {"line-good", "link-good", "daemon-stopped"} <= found
    assert code == 0
