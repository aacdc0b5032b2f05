"""Technicians' commands against a daemon that answers on a real socket: what is shown, what is asked, the exit code."""

import asyncio
import json
import sys
from pathlib import Path

import pytest

from gateway.adapters.control_protocol import SOCKET_NAME, LineStatus, RoomStatus, StatusReport
from gateway.adapters.control_socket import ControlServer, Handler, Order, Unable
from gateway.adapters.voucher_file import envelopes
from gateway.technician.approve_cuts import Approved
from gateway.technician.spans import span_text
from gateway.technician.status import screen
from gateway.technician.table import columns_of, table
from gateway.technician.voucher import Redeemed
from tests.config.test_load import good

DARK = RoomStatus(
    "b1-301", "1-301", "yuan", -50_000, "m1", False, True, "contradicted: welded", 7, power_w=120
)
FINE = RoomStatus("b1-302", "1-302 宿舍", "kwh", 12_340, "m2", True, True, "confirmed: credit-left", None)
HELD = RoomStatus(
    "b1-303", "1-303", "yuan", 0, "m3", None, None, "", 90, quarantined=True, locks=["li"], doubt="backwards"
)
REPORT = StatusReport(
    gateway="b1",
    software="0.1.0",
    up_s=93_600,
    rooms=[DARK, FINE, HELD],
    lines=[LineStatus("a", "/dev/ttyUSB0", 104, 3, {"answers": 5, "silences": 0})],
    outbox_rows=12,
    oldest_outbox_s=61,
    link="broker:1883: the connection ended.",
    link_connected=False,
    clock_wall_ms=0,
    clock_doubt="before-release",
    bench_rate=60,
    config_version=3,
    last_command=9,
    cuts_held=2,
    unbound_meters=["m9"],
    stalled_loops=["poll a"],
    alarms=["meter-silent m4"],
)


async def command(
    folder: Path, handlers: dict[str, Handler], *words: str, text: str = ""
) -> tuple[int, str, str]:
    (folder / "gateway.toml").write_text(good(folder))
    server = ControlServer(folder / SOCKET_NAME, handlers)
    await server.start()
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *words, "--config", str(folder / "gateway.toml"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(text.encode())
        return process.returncode or 0, out.decode(), err.decode()
    finally:
        await server.stop()


async def test_status_shows_rooms_lines_and_what_needs_a_person(tmp_path: Path) -> None:
    async def status(_order: Order) -> object:
        return REPORT

    code, out, err = await command(tmp_path, {"status": status}, "status")
    assert (code, err) == (0, "")
    for expected in (
        "-0.05 yuan", "12.34 kWh", "closed", "contradicted: welded", "meter in doubt: backwards", "7 s ago",
        "120 W", "locked out by li", "never",
        "BENCH CLOCK", "before-release", "approve-cuts --count 2", "m9", "poll a", "release b1-303", "Alarm: meter-silent m4",
        "12 rows not yet acknowledged, oldest 1 min 1 s", "answers=5", "up 1 d 2 h",
    ):  # fmt: skip
        assert expected in out
    code, out, _ = await command(tmp_path, {"status": status}, "status", "--json")
    assert json.loads(out)["rooms"][1]["room"] == "1-302 宿舍"


async def test_a_voucher_is_handed_in_whole_and_each_grant_is_told(tmp_path: Path) -> None:
    handed: list[str] = []

    async def voucher(order: Order) -> object:
        handed.append(order.text("sealed"))
        return [
            Redeemed("g1", "b1-301", "applied"),
            Redeemed("g2", "b1-302", "forged", "no credit was given"),
        ]

    path = tmp_path / "credit.txt"
    path.write_text("envelope\nkey signature\n")
    code, out, _ = await command(tmp_path, {"voucher": voucher}, "voucher", str(path))
    assert code == 1
    assert "g1  b1-301  applied" in out
    assert handed == ["envelope\nkey signature"]
    await command(tmp_path, {"voucher": voucher}, "voucher", "-", text="from a pipe")
    assert handed[1] == "from a pipe"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"\xff\xfe", "not text"), (b"x" * 5_000_001, "more than"), (None, "can't be read")],
    ids=["empty", "bytes", "long", "missing"],
)
async def test_a_file_that_is_no_voucher_is_refused_on_the_spot(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    path = tmp_path / "credit.txt"
    if content is not None:
        path.write_bytes(content)
    code, out, err = await command(tmp_path, {}, "voucher", str(path))
    assert (code, out) == (1, "")
    assert says in err
    assert "Traceback" not in err


async def test_orders_carry_their_arguments(tmp_path: Path) -> None:
    seen: list[tuple[str, dict[str, object]]] = []

    async def note(order: Order) -> object:
        seen.append((order.do, dict(order.arguments)))
        return Approved(held=5, count=3, until_ms=0)

    handlers: dict[str, Handler] = dict.fromkeys(("approve-cuts", "release", "lock-out"), note)
    code, out, _ = await command(tmp_path, handlers, "approve-cuts", "--count", "3")
    assert (code, "Up to 3 cuts" in out) == (0, True)
    await command(tmp_path, handlers, "release", "b1-301", "--why", "looked at it")
    code, out, _ = await command(tmp_path, handlers, "lock-out", "m1", "--why", "repair")
    assert "Isolate the circuit" in out
    assert seen == [
        ("approve-cuts", {"count": 3, "minutes": 60}),
        ("release", {"account": "b1-301", "why": "looked at it"}),
        ("lock-out", {"meter": "m1", "end": False, "why": "repair", "ref": ""}),
    ]


async def test_a_refusal_is_told_and_fails(tmp_path: Path) -> None:
    async def refuse(_order: Order) -> object:
        raise Unable("b1-301 is not in quarantine")

    code, out, err = await command(tmp_path, {"release": refuse}, "release", "b1-301", "--why", "x")
    assert (code, out) == (1, "")
    assert "b1-301 is not in quarantine" in err


async def test_a_refusal_is_told_in_the_readers_language_whatever_the_daemons_is(tmp_path: Path) -> None:
    async def refuse(_order: Order) -> object:
        text = "{meter} can't be read: {why}; look at its wires, address {address} and speed, "
        text += "or type what it shows with --first KWH --first-by NAME"
        raise Unable(text, about="m2: silent", meter="m2", why="no answer", address="2")

    words = ("release", "b1-301", "--why", "x")
    _, _, english = await command(tmp_path, {"release": refuse}, *words)
    assert english.startswith("Not done (refused): m2: silent: m2 can't be read: no answer; look at")
    code, _, chinese = await command(tmp_path, {"release": refuse}, *words, "--lang", "zh")
    assert (code, chinese.startswith("未执行（refused）：m2: silent: 读不到 m2：无应答；请检查接线")) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    "words", [("approve-cuts", "--count", "0"), ("approve-cuts", "--count", "1", "--minutes", "9999")]
)
async def test_senseless_numbers_never_reach_the_daemon(tmp_path: Path, words: tuple[str, ...]) -> None:
    code, _, err = await command(tmp_path, {}, *words)
    assert code == 2
    assert "must be" in err


def test_a_quiet_building_has_no_warnings() -> None:
    quiet = StatusReport(
        gateway="b1", software="0.1.0", up_s=1, rooms=[FINE], lines=[], outbox_rows=0, oldest_outbox_s=None,
        link="connected", link_connected=True, clock_wall_ms=0, clock_doubt=None, bench_rate=None, config_version=1,
        last_command=0, cuts_held=0,
    )  # fmt: skip
    assert not any(line.startswith("!") for line in screen(quiet))


def test_columns_line_up_with_chinese_text() -> None:
    lines = list(table(("room", "x"), [("宿舍", "1"), ("1-301 ab", "2")]))
    assert len({columns_of(line) for line in lines}) == 1


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0 s"), (59, "59 s"), (60, "1 min"), (3_661, "1 h 1 min"), (90_000, "1 d 1 h")]
)
def test_spans(seconds: int, text: str) -> None:
    assert span_text(seconds) == text


def test_a_voucher_file_splits_into_its_envelopes() -> None:
    assert envelopes("a\nb\n\r\n c \r\nd\n") == [b"a\nb", b"c\nd"]
    assert envelopes("a\nb\nodd") == [b"a\nb", b"odd"]
    assert envelopes("\n \n") == []


async def test_a_clock_is_set_by_who_says_yes_and_told_before_and_after(tmp_path: Path) -> None:
    asked: list[Order] = []

    async def set_clock(order: Order) -> object:
        asked.append(order)
        if order.arguments["meter"] == "m2":
            raise Unable("m2: it did not take its date: refused, password")
        return {"before_s": -400, "after_s": 0}

    words = ("set-clock", "m1", "--why", "battery changed", "--password", "04123456")
    code, out, err = await command(tmp_path, {"set-clock": set_clock}, *words, text="n\n")
    assert (code, out, asked) == (1, "", [])
    assert "Write date and time of meter m1? [y/N]" in err
    code, out, err = await command(tmp_path, {"set-clock": set_clock}, *words, text="y\n")
    assert (code, out) == (0, "m1: it was -400 s off and is +0 s off now.\n"), err
    assert asked[0].arguments == {"meter": "m1", "why": "battery changed", "password": "04123456"}
    code, _, err = await command(tmp_path, {"set-clock": set_clock}, "set-clock", "m2", "--why", "x", "--yes")
    assert (code, "refused, password" in err) == (1, True)
