"""`identify` and `flash` on a real pty: found, refused before a byte is sent, resumed, read back, and words for every end."""

import asyncio
import io
import os
import signal
import subprocess
import sys
import tty
from pathlib import Path

import pytest

from firmware_tools.__main__ import main
from firmware_tools.image.signed_image import Manner, SignedImage, sign
from firmware_tools.image.versions import ANY, Version
from firmware_tools.virtual_meter import ManualClock, MeterSpec, PtyEndpoint, VirtualLine, VirtualMeter
from firmware_tools.virtual_meter.modbus_wire import build
from firmware_tools.virtual_module.flash_memory import Power
from firmware_tools.virtual_module.line import WireFaults
from tests.firmware.module_bench import KEY, OLD, PUBLIC, image, module_bench, told
from tests.protocols.vector_files import load

NEW = image()


async def test_a_module_is_found_flashed_and_read_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with module_bench(tmp_path) as bench:
        assert await bench.run("identify") == 0
        assert (
            "module relay-6c, unit 7, hardware 3, firmware 1.2.0, bootloader 1.1.0" in capsys.readouterr().out
        )
        assert await bench.flash(NEW) == 0
        out, err = capsys.readouterr()
        assert (
            "Done: relay-6c runs 1.4.0, 9 blocks, 0 breaks.\nRead back: version 1.4.0, and the SHA-256" in out
        )
        assert "B/s" in err
        assert bench.module.runs == [OLD.sha256, NEW.sha256]
        writes = len(bench.module.writes)
        assert await bench.flash(NEW, "--json") == 0
        assert told(capsys.readouterr().out)["already"] is True
        assert len(bench.module.writes) == writes
        assert [path.name for path in (tmp_path / "state").iterdir()] == ["history.jsonl"]
        noted = told((tmp_path / "state" / "history.jsonl").read_text())
        assert (noted["before"], noted["version"], noted["result"]) == ("1.2.0", "1.4.0", "done")


@pytest.mark.parametrize(
    ("offered", "arguments", "error"),
    [
        (image(product="relay-8c"), [], "wrong-product"),
        (image(hardware=4), [], "wrong-hardware"),
        (image(), ["--hardware", "4"], "wrong-hardware"),
        (image("1.1.9"), [], "downgrade"),
        (image("2.0.0", minimum="1.2.1"), [], "too-old"),
        (SignedImage(NEW.header, bytes(64), NEW.payload), [], "forged"),
    ],
)
async def test_a_mismatch_is_refused_before_a_byte_is_sent(
    offered: SignedImage, arguments: list[str], error: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with module_bench(tmp_path) as bench:
        assert await bench.flash(offered, "--json", *arguments) == 1
        assert told(capsys.readouterr().out)["error"] == error
        assert await bench.flash(NEW, "--dry-run") == 0
        assert "9 blocks would be sent" in capsys.readouterr().out
        assert bench.module.writes == []


async def test_a_downgrade_that_is_asked_for_is_done_once_somebody_says_yes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with module_bench(tmp_path) as bench:
        monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
        file = bench.file(image("1.1.9"))
        assert await bench.run("flash", file, "--key", PUBLIC, "--allow-downgrade") == 1
        assert bench.module.writes == []
        assert await bench.flash(image("1.1.9"), "--allow-downgrade") == 0


async def test_power_and_line_fail_and_it_goes_on_by_itself(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Power fails in the fifth block; some replies are lost, some have a wrong bit."""
    faults = WireFaults(lose=0.04, flip=0.04)
    async with module_bench(tmp_path, faults=faults) as bench:
        bench.module.flash.power = Power(42 + 4 * 132 + 60)
        assert await bench.flash(NEW, "--json") == 0
        assert told(capsys.readouterr().out)["read_back"] == "digest"
        assert bench.module.cuts == 1
        assert bench.module.runs[-1] == NEW.sha256


async def test_a_module_that_stays_dark_is_gone_on_with_by_the_next_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_tools.transfer.session.RETURN_MS", 300)
    async with module_bench(tmp_path, off_ms=60_000) as bench:
        bench.module.flash.power = Power(42 + 4 * 132)
        assert await bench.flash(NEW) == 1
        err = capsys.readouterr().err
        assert "The module stopped answering at block 4 of 9." in err
        assert "goes on where it stopped" in err
        bench.module._off_until_ms = 0
        assert await bench.flash(NEW) == 0
        out = capsys.readouterr().out
        assert "in its bootloader 1.1.0" in out
        assert "broke off at block 4 of 9; it goes on" in out


async def test_a_bootloader_that_forgets_the_line_is_followed_to_its_own_speed(tmp_path: Path) -> None:
    async with module_bench(tmp_path, baud=19_200, keeps_settings=False, slots=2) as bench:
        assert await bench.flash(NEW) == 0
        assert bench.running.runs[-1] == NEW.sha256


async def test_a_module_that_tells_little_is_asked_about_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with module_bench(tmp_path, tells_hardware=False, tells_progress=False) as bench:
        assert await bench.flash(NEW) == 2
        assert "--hardware R" in capsys.readouterr().err
        assert await bench.flash(NEW, "--hardware", "3") == 0
        assert "its content was not compared" in capsys.readouterr().out


async def test_an_image_that_the_module_does_not_believe_is_never_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with module_bench(tmp_path) as bench:
        object.__setattr__(bench.running.spec, "key", bytes.fromhex("d7" * 32))
        await bench.flash(NEW)
        assert NEW.sha256 not in bench.module.runs
        assert "doesn't run them" in capsys.readouterr().err


async def test_the_adapter_is_pulled_out_in_the_middle(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with module_bench(tmp_path, baud=9600) as bench:
        flashing = asyncio.create_task(bench.flash(image(size=3000)))
        while len(bench.module.writes) < 4:
            await asyncio.sleep(0.02)
        await bench.line.stop()
        assert await flashing == 1
        err = capsys.readouterr().err
        assert "The port went away at block" in err
        assert "Traceback" not in err


async def test_a_port_held_by_another_and_a_port_of_another_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    async with module_bench(tmp_path) as bench:
        held = os.open(bench.line.address, os.O_RDWR | os.O_NOCTTY)
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        assert await bench.flash(NEW) == 1
        assert "fuser -v" in capsys.readouterr().err
        os.close(held)
    for port, said in (("/dev/null", "Name a serial port"), ("/dev/ttyNone", "plugged in")):
        await asyncio.to_thread(main, ["--lang", "en", "identify", "--port", port])
        assert said in capsys.readouterr().err


async def test_two_meters_that_answer_at_once_are_told_apart_from_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = ManualClock()
    meters = [VirtualMeter(MeterSpec(name=f"m{n}", address=f"{n}2"), clock.now_ms()) for n in (1, 2)]
    both = VirtualLine(meters, PtyEndpoint(), clock, baud=9600, turn_round_ms=(20, 20))
    await both.start()
    where = ["identify", "--quick", "--baud", "9600", "--port", both.address]
    assert await asyncio.to_thread(main, ["--lang", "en", *where]) == 1
    assert "Two devices answer at once" in capsys.readouterr().err
    assert await asyncio.to_thread(main, ["--lang", "en", *where, "--address", "000000000012"]) == 0
    assert "DL/T 645 meter 000000000012, model DDZY-VM" in capsys.readouterr().out
    await both.stop()


def test_ctrl_c_says_what_state_the_module_is_in(tmp_path: Path) -> None:
    """Real processes, a real signal."""
    (tmp_path / "new.crfw").write_bytes(
        image(size=30_000).raw
    )  # more than goes over while the key is on its way
    (tmp_path / "old.crfw").write_bytes(OLD.raw)
    tools = [sys.executable, "-m", "firmware_tools"]
    module = subprocess.Popen(
        [*tools, "virtual-module", "--key", PUBLIC, "--image", str(tmp_path / "old.crfw")],
        stdout=subprocess.PIPE,
    )
    try:
        assert module.stdout is not None
        port = told(module.stdout.readline().decode())["port"]
        where = ["--port", port, "--key", PUBLIC, "--state", str(tmp_path), "--yes"]
        flashing = subprocess.Popen(
            [*tools, "--lang=zh", "flash", str(tmp_path / "new.crfw"), *where],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert flashing.stderr is not None
        seen = flashing.stderr.readline() + flashing.stderr.readline()
        flashing.send_signal(signal.SIGINT)
        err = (seen + flashing.stderr.read()).decode()
        assert flashing.wait() == 1
        assert "模块是安全的" in err
        assert "Traceback" not in err
    finally:
        module.terminate()
        module.wait()


class ScriptedMaker:
    """The far end of a pty: the published dialogue of a module of another make, application and bootloader."""

    def __init__(self) -> None:
        frames = load("wiren-board-update")
        self.published = {frame["id"]: bytes.fromhex(frame["hex"]) for frame in frames}
        self.written: list[bytes] = []
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self._answers = {
            self.published[f"w00{number}-request"]: self.published[f"w00{number}-response"]
            for number in range(1, 10)
        }
        self._in_bootloader = False
        asyncio.get_running_loop().add_reader(self.master, self._on_request)

    def _on_request(self) -> None:
        request = os.read(self.master, 4096)
        os.write(self.master, self._answer(request))
        if request[1] in (6, 16):
            self.written.append(request)
            self._in_bootloader = request != self.published["w009-request"]

    def _answer(self, request: bytes) -> bytes:
        names = [name for name, frame in self.published.items() if frame == request]
        hidden = self._in_bootloader and names[:1] in (["w002-request"], ["w003-request"], ["w004-request"])
        if names and not hidden:
            return self._answers[request]
        whole_bootloader = request[2:6] == bytes.fromhex("014a0008") and self._in_bootloader
        if whole_bootloader:
            return build(42, 3, bytes((16,)) + b"".join(bytes((0, byte)) for byte in b"1.5.0\0\0\0"))
        return build(42, request[1] | 0x80, b"\x02")

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.master)
        os.close(self.master)
        os.close(self.slave)


async def test_a_maker_s_image_goes_as_its_own_tool_sends_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The published dialogue, byte for byte; the last block is answered by exception 04, as when its first reply was lost."""
    peer = ScriptedMaker()
    version = Version(3, 6, 1)
    payload = b"\xaa" * (32 + 136) + b"\xbb" * 136
    made = sign(
        payload, KEY, product="wbled", hardware=1, version=version, minimum=ANY, manner=Manner.AS_MADE
    )
    (tmp_path / "wb.crfw").write_bytes(made.raw)
    where = ["--port", os.ttyname(peer.slave), "--address", "42", "--baud", "9600", "--state", str(tmp_path)]
    arguments = ["flash", str(tmp_path / "wb.crfw"), "--key", PUBLIC, "--hardware", "1", "--yes", *where]
    code = await asyncio.to_thread(main, ["--lang", "en", *arguments])
    peer.close()
    assert code == 0, capsys.readouterr().err
    assert peer.written == [peer.published[f"w00{number}-request"] for number in (6, 7, 8, 9)]
    assert "Read back: product and version 3.6.1" in capsys.readouterr().out
