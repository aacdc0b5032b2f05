"""The commands that look, against a running daemon, against its store when it is stopped, and after kill -9."""

import asyncio
import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from typing import Any
from unittest import mock

from gateway.__main__ import main
from tests.app.station import PATIENCE_S, Central, Station, rooms

ADDRESS, OTHER = "202000000101", "202000000102"
ACCOUNT, METER = f"a{ADDRESS}", f"m{ADDRESS}"


async def told(station: Station, *words: str) -> Any:
    """What a look says to a program. In this process: it asks the same socket, and half of these seconds would be starts."""
    out = io.StringIO()
    with (
        mock.patch.object(sys, "argv", ["", *words, "--json", "--config", str(station.config)]),
        redirect_stdout(out),
    ):
        assert await asyncio.to_thread(main) == 0, words
    return json.loads(out.getvalue())


async def told_until(station: Station, true: Callable[[Any], bool], *words: str) -> Any:
    """Look until it says so; give what it says then."""
    async with asyncio.timeout(PATIENCE_S):
        while not true(said := await told(station, *words)):
            await asyncio.sleep(0.05)
    return said


def room_in(status: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(room for room in status["rooms"] if room["account"] == ACCOUNT)
    return found


async def test_looks_agree_with_status_and_tell_what_would_change_the_supply(
    station: Station, central: Central
) -> None:
    """One building's hour: supplied, used, cut off from central, spent, locked out, stopped, killed; each look says the same."""
    await station.wire("a", ADDRESS, OTHER, load="0W")
    await station.start()
    await central.configure(*rooms(ADDRESS, OTHER))
    await central.grant("p1", ACCOUNT, 0.5)
    await station.until_status(lambda s: room_in(s)["observed_closed"], "supplied")
    story = (await told(station, "explain", METER))[0]
    assert (story["account"], story["decision"]["stands"], story["relay"]["verdict"]) == (
        ACCOUNT,
        "close",
        "confirmed",
    )
    assert story["ways"] == [{"way": "use", "facts": {"amount": 500_000, "energy_wh": 895}, "about": ""}]
    clock = await told_until(station, lambda clock: clock["meters_read"] == 2, "clock")
    assert (clock["doubt"], clock["source"]) == (None, "central")
    supplied_ms = clock["wall_ms"]

    central.acknowledges = False
    station.use_10_wh(ADDRESS)
    status = await station.until_status(lambda s: room_in(s)["balance"] < 500_000, "10 Wh used")
    ledger = await told(station, "ledger", ACCOUNT)
    assert ledger["agrees"]
    assert ledger["live_balance"] == room_in(status)["balance"] == 500_000 - 5_583
    assert sum(one["folded"] + one["posted"] for one in ledger["buckets"]) == 500_000
    assert (ledger["unsettled_wh"], [one["kind"] for one in ledger["entries"]]) == (10, ["grant"])
    assert (await station.command("lock-out", METER, "--why", "rewiring"))[0] == 0
    story = (await told(station, "explain", f"room {ACCOUNT}"))[0]
    assert story["ways"][0]["way"] == "lock-technician"
    waiting = await told_until(
        station,
        lambda outbox: {row["kind"] for row in outbox["listed"]} >= {"relay", "alarm"},
        *("outbox", "--limit", "100"),
    )
    assert waiting["link_connected"]
    assert waiting["rows"] == sum(one["waiting"] for one in waiting["epochs"]) > 0
    only = await told(station, "outbox", "--kind", "alarm")
    assert {(row["kind"], row["about"]) for row in only["listed"]} == {("alarm", METER)}
    past = (await told(station, "explain", ACCOUNT, "--at", _iso(supplied_ms)))[0]
    assert (past["decision"]["decision"], past["relay"]["observed_closed"]) == ("close", True)

    ledger = await told(station, "ledger", ACCOUNT)
    assert await station.stop() == 0
    code, out, err = await station.command("ledger", ACCOUNT)
    assert (code, "stopped" in err) == (0, True)
    assert "brought forward" in out
    assert "0.494417" in out
    still = await told(station, "ledger", ACCOUNT)
    assert (still["live_balance"], still["entries"][0]) == (ledger["live_balance"], ledger["entries"][0])
    assert (await told(station, "explain", ACCOUNT))[0]["relay"]["locks"] == ["technician"]
    assert (await told(station, "outbox"))["link_connected"] is None

    await station.start()
    station.use_10_wh(ADDRESS)
    await station.until_status(lambda s: room_in(s)["balance"] == 500_000 - 2 * 5_583, "10 Wh more used")
    ended = await station.command("lock-out", METER, "--end", "--why", "done")
    assert ended[0] == 0  # it commits, with what was read before
    await station.kill()
    listed = sorted(path.name for path in station.data.iterdir())
    dead = (await told(station, "explain", ACCOUNT))[0]
    found = (dead["balance"], dead["relay"]["locks"])
    assert found == (500_000 - 2 * 5_583, []), "what lies in the log alone is seen"
    assert sorted(path.name for path in station.data.iterdir()) == listed, "looking leaves nothing behind"


def _iso(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat()
