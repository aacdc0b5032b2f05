"""Shadow mode: no byte that could change a meter leaves, and balances beside the old system's are judged exactly."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from gateway import words
from gateway.__main__ import main
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.adapters.serial_bus import open_line
from gateway.adapters.shadow_book import Listed, Opening, Reading, ShadowBook, Terms
from gateway.application.ports import LineGone, Rank
from gateway.protocols.dlt645.broadcast import Dlt645Broadcast
from gateway.protocols.dlt645.frame import encode
from gateway.protocols.driver import Answer, Item, MeterClock, Refused, RelayAction
from gateway.protocols.meters import make_driver
from gateway.protocols.reading_only import only_reads
from gateway.technician.shadow.judging import Reason, compare, judge
from tests.technician.commission_bench import BAUD, MODELS, bench

ONE, TWO = "202411110001", "202411110002"
UNTIL = MeterClock(2099, 1, 1, 0, 0, 0)
HOUR, DAY = 3_600_000, 86_400_000
YUAN = 1_000_000
TERMS = Terms("yuan", 560_000, 0)
ALL = Dlt645Broadcast()


def test_every_request_of_every_model_is_known_to_read_or_to_write() -> None:
    for name, row in MODELS.items():
        driver = make_driver(row, "7" if row.protocol == "modbus-rtu" else ONE)
        assert all(only_reads(driver.read(item).request) for item in driver.items), name
        assert not any(only_reads(driver.switch(action, UNTIL).request) for action in driver.relay_actions), (
            name
        )
        for part in (Item.DATE, Item.TIME):
            try:
                exchange = driver.write_clock(part, UNTIL)
            except KeyError:
                continue
            assert not only_reads(exchange.request), name
    assert not only_reads(ALL.freeze_now().request)
    assert not only_reads(ALL.set_time(UNTIL).request)
    for unknown in (b"", b"\x68", bytes.fromhex("010600010001d9ca"), b"\xfe" * 20):
        assert not only_reads(unknown)


READS = {0x11, 0x12, 0x13, 0x01, 0x02}


@pytest.mark.parametrize("address", [ONE, "9" * 12, "A" * 12])
def test_of_all_frames_only_those_that_read_pass_to_one_meter_and_to_all(address: str) -> None:
    """Both editions of DL/T 645, all 256 control codes; every function code of Modbus; a write behind a read."""
    for control in range(256):
        for data in (b"", bytes(8)):
            for waking in (0, 4):
                frame = encode(address, control, data, waking)
                assert only_reads(frame) == (control in READS), frame.hex()
                assert not only_reads(encode(address, 0x11, bytes(4)) + frame)
    for meter in (0, 1, 0xFE, 0x68):
        for function in range(256):
            for length in range(2, 40):
                request = (bytes([meter, function]) + bytes(40))[:length]
                assert only_reads(request) == (length == 8 and function in {1, 2, 3, 4}), request.hex()


async def test_a_line_that_only_reads_refuses_by_name_and_sends_no_byte(tmp_path: Path) -> None:
    async with bench(tmp_path, m202411110001="500W") as site:
        bus = open_line("a", str(tmp_path / "tty"), BAUD, "E", reads_only=True)
        bus.start()
        driver = make_driver(MODELS["generic-dlt645-2007"], ONE, baud=BAUD)
        try:
            assert isinstance(await bus.read(driver, Item.ENERGY, Rank.POLL), Answer)
            asked = site.line.counts.requests
            for action in RelayAction:
                reply = await bus.switch(driver, action, UNTIL)
                assert isinstance(reply, Refused)
                assert reply.reason == "reads-only"
            assert isinstance(await bus.write_clock(driver, Item.TIME, UNTIL, None), Refused)
            assert isinstance(await bus.broadcast(ALL, ALL.freeze_now(), Rank.POLL), LineGone)
            await asyncio.sleep(0.1)
            assert site.line.counts.requests == asked, "nothing reached the meters"
            assert bus.counters()["reads-only"] == 5
            assert bus.counters()["exchanges"] == 1
        finally:
            await bus.close()
        assert site.meters[ONE].relay.contact_closed


def readings(*wh: int) -> Sequence[Reading]:
    """One reading an hour."""
    return [Reading(place * HOUR, one) for place, one in enumerate(wh)]


def reasons(openings: dict[str, float], used: dict[str, int], listed: dict[str, Any]) -> dict[str, Reason]:
    """Compare a list two hours after the beginning; `used` in Wh, `listed` in yuan, or (yuan, paid)."""
    rooms = [Opening(room, f"m{room}", round(balance * YUAN)) for room, balance in openings.items()]
    series = {f"m{room}": readings(1000, 1000 + wh // 2, 1000 + wh, 1000 + wh) for room, wh in used.items()}
    rows = {}
    for room, said in listed.items():
        balance, paid = said if isinstance(said, tuple) else (said, None)
        rows[room] = Listed(room, round(balance * YUAN), None if paid is None else round(paid * YUAN))
    return {row.room: row.reason for row in compare(TERMS, rooms, series, rows, 2 * HOUR)}


def test_balances_are_compared_exactly_and_differences_get_a_likely_reason() -> None:
    # 10 kWh at 0.56 are 5.60 yuan; the last registers may be 0.02 kWh off, the old system shows fen
    assert reasons({"1": 20}, {"1": 10_000}, {"1": 14.40}) == {"1": Reason.EQUAL}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": 14.42}) == {"1": Reason.EQUAL}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": 14.45}) == {"1": Reason.UNKNOWN}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": (64.40, 50)}) == {"1": Reason.EQUAL}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": 64.40}) == {"1": Reason.PAYMENT}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": (69.40, 50)}) == {"1": Reason.UNKNOWN}
    assert reasons({"1": 300}, {"1": 10_000}, {"1": 188}) == {"1": Reason.RATIO}
    assert reasons({"1": 20}, {"1": 10_000}, {"1": 20}) == {"1": Reason.STANDS_STILL}
    assert reasons({"1": 20}, {}, {"1": 20, "9": 3}) == {"1": Reason.NOT_READ, "9": Reason.NO_METER}
    assert reasons({"1": 20}, {"1": 10_000}, {}) == {"1": Reason.NOT_LISTED}
    late = [Reading(0, 0), Reading(HOUR, 1000)]
    (row,) = compare(TERMS, [Opening("1", "m", 0)], {"m": late}, {}, HOUR + HOUR // 2)
    assert row.within == round((500 + 20) * 0.56 * 1000) + 10_000, (
        "what half an hour more at that pace may be"
    )
    gap = [*late, Reading(3 * HOUR, 9000)]
    assert compare(TERMS, [Opening("1", "m", 0)], {"m": gap}, {}, HOUR)[0].reason is Reason.NOT_READ
    swapped = reasons({"1": 20, "2": 30}, {"1": 10_000, "2": 3_000}, {"1": 18.32, "2": 24.40})
    assert set(swapped.values()) == {Reason.SWAPPED}
    dearer = reasons(
        {"1": 20, "2": 20, "3": 20},
        {"1": 10_000, "2": 7_000, "3": 4_000},
        {"1": 13.9, "2": 15.73, "3": 17.56},
    )
    assert set(dearer.values()) == {Reason.PRICE}


def test_it_is_ready_after_three_days_on_which_every_room_agreed() -> None:
    def rows(old: int) -> Any:
        series = {"m1": readings(*([1000] * 100))}
        return lambda day: compare(
            TERMS, [Opening("1", "m1", YUAN)], series, {"1": Listed("1", old)}, day * DAY + HOUR
        )

    good, bad = rows(YUAN), rows(2 * YUAN)
    days = {day * DAY + HOUR: good(day) for day in range(3)}
    assert judge(days).ready
    assert judge({**days, DAY + 2 * HOUR: good(1)}).why_not == {"too-few-days": 1}
    assert judge({0: good(0), DAY: good(1)}).why_not == {"too-few-days": 1}
    verdict = judge({**days, 2 * DAY + HOUR: bad(2)})
    assert not verdict.ready
    assert verdict.why_not == {"unknown": 1}


@pytest.fixture
async def site(tmp_path: Path) -> Any:
    async with bench(tmp_path, m202411110001="500W", m202411110002="0W") as built:
        await built.job.wires.close()
        registry = RegistryStore(tmp_path, MODELS)
        for number, label in ((ONE, "101"), (TWO, "102")):
            assert registry.relocate(number, label) is None
        assert registry.lines() == [LineRow("a", str(tmp_path / "tty"), BAUD, "E")]
        assert isinstance(registry.meter(ONE), MeterRow)
        yield built


async def test_the_command_follows_an_old_system_and_says_not_yet(
    site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def shadow(*given: str) -> tuple[int, str]:
        monkeypatch.setattr(words, "_asked", ["en"])
        monkeypatch.setattr(sys, "argv", ["cardroom-gateway", "shadow", *given, "--data", str(tmp_path)])
        code = await asyncio.to_thread(main)
        out, err = capsys.readouterr()
        return code, out + err

    async def one_round() -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", "shadow", "run", "--once", "--data", str(tmp_path)
        )
        assert await process.wait() == 0

    old = tmp_path / "old.csv"
    old.write_text("房间,余额\n101,50.00\n102,20.00\n199,5\n", encoding="gb18030")
    assert (await shadow("run", "--once"))[0] == 1
    assert (await shadow("begin", str(old)))[0] == 2
    code, said = await shadow("begin", str(old), "--price", "0.56", "--json")
    assert (code, json.loads(said)) == (0, {"ok": True, "rooms": 3, "tied": 2, "read": 2, "meters": 2})
    assert (await shadow("begin", str(old), "--price", "0.56"))[0] == 1, "only --again forgets a shadow"
    site.meters[ONE].jump_register(1000)
    await one_round()
    old.write_text("room,balance,paid\n101,54.40,10\n102,19.00,\n199,5,\n")
    code, said = await shadow("compare", str(old), "--lang", "zh")
    assert code == 1
    assert "1 / 3 间一致" in said
    assert "54.40" in said
    old.write_text("room,balance\n101,x\n101,1\n,2\n")
    code, said = await shadow("compare", str(old))
    assert (code, said.count("Line ")) == (1, 2)
    code, said = await shadow("report", "--json")
    verdict = json.loads(said)
    assert (code, verdict["ready"], verdict["why_not"]["too-few-days"]) == (1, False, 2)
    code, said = await shadow("report")
    assert (code, "NOT YET:" in said) == (1, True)
    book = ShadowBook(tmp_path)
    assert [one.energy_wh for one in book.readings(ONE)] == [88_400, 98_400]
    assert book.lists()[0] <= time.time_ns() // 1_000_000
