"""`lines` and `meters` as they are typed: live from the daemon, from the registry when it is stopped, the worst first."""

import json

from tests.app.station import Station


async def test_lines_and_meters_are_told_live_and_from_the_registry(station: Station) -> None:
    await station.wire("a", "1", "2", turn_round_ms=(30, 40))
    await station.wire("b", "11", plugged=False)
    station.meters["2"].glitches.dead = True
    await station.start()
    await station.until_status(lambda status: status["lines"][0]["counters"].get("silences"), "one is silent")
    code, out, err = await station.command("lines")
    assert (code, err) == (0, "")
    assert out.splitlines()[1].startswith("b ")
    assert "port missing" in out
    assert "1 of 2 silent" in out
    code, out, _ = await station.command("meters", "show")
    first, *_ = out.splitlines()[1:]
    assert (code, first.startswith("m2 "), "silent" in first) == (0, True, True)
    assert "m1" in out
    assert "good" in out
    assert max(map(len, out.splitlines())) <= 80
    code, out, _ = await station.command("--lang", "zh", "meters")
    assert (code, "无应答" in out, "silent" in out) == (0, True, False)
    told = json.loads((await station.command("lines", "--json"))[1])
    m1, m2 = told["lines"][0]["meters"]
    assert told["live"] is True
    assert m1["fastest_ms"] <= m1["usual_ms"] <= m1["slowest_ms"]
    assert m1["last_seen_s"] is not None
    assert (m2["reason"], m2["ever_answered"]) == ("silent", False)
    assert 0 < told["lines"][0]["busy_per_mille"] <= 1000
    await station.stop()
    code, out, err = await station.command("meters")
    assert (code, "stopped" in err, "m1" in out) == (0, True, True)
    told = json.loads((await station.command("lines", "--json"))[1])
    assert (told["live"], [line["name"] for line in told["lines"]]) == (False, ["a", "b"])
