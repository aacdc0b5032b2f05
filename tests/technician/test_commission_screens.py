"""The two screens: textual by its pilot at a phone's size, the whole command on a real terminal, and as plain lines."""

import asyncio
import contextlib
import fcntl
import io
import os
import pty
import signal
import socket
import struct
import sys
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.widgets import Input, OptionList, Static

from gateway import words
from gateway.__main__ import main
from gateway.adapters.control_protocol import SOCKET_NAME, Reply, encode_line
from gateway.technician.commission.acts import Tied
from gateway.technician.commission.command import _held
from gateway.technician.commission.notebook import alone
from gateway.technician.commission.screen import CommissionScreen
from tests.technician.commission_bench import bench, job_in

ONE, TWO = "202411110001", "202411110002"
PHONE = (45, 30)


def shown(app: CommissionScreen) -> str:
    rows = app.query_one("#rows", OptionList)
    texts = [str(app.query_one(name, Static).render()) for name in ("#title", "#lines", "#keys")]
    return "\n".join(
        [*texts, *(str(rows.get_option_at_index(place).prompt) for place in range(rows.option_count))]
    )


async def test_single_keys_do_everything_on_a_phone(tmp_path: Path) -> None:
    async with bench(tmp_path, m202411110001="100W", m202411110002="0W") as site:
        job = site.job
        arguments = type("Arguments", (), {"building": ""})()
        app = CommissionScreen(lambda stage: _held(job, stage, "li", arguments))
        async with app.run_test(size=PHONE) as pilot:
            await pilot.press("enter")
            assert "tie meters to rooms (2 left)" in shown(app)
            await pilot.press("２", "ｓ")
            await pilot.press(*ONE, "enter")
            assert "Which room?" in shown(app)
            await pilot.press(*"101", "enter", "escape", "?")
            assert "s: scan the bar code" in shown(app)
            await pilot.press("?", "j", "k", "1", "r")
            app.query_one("#typed", Input).value = "东１０２\x1d"
            await pilot.press("enter")
            assert {meter.room for meter in job.standing.meters.values()} == {"101", "东102"}
            await pilot.press("escape", "u")
            assert f"{TWO} tied to 东102" in shown(app)
            await pilot.press("y", "q")
            await pilot.pause()
            lines = [strip.cell_length for strip in app.screen._compositor.render_strips()]
            assert max(lines) <= PHONE[0]
        assert app.conversation is not None
        await app.conversation
        assert [meter.room for meter in job_in(tmp_path).standing.meters.values()] == ["101", ""]


class Terminal:
    """The command on a terminal of its own."""

    def __init__(self, *words: str, term: str = "xterm-256color") -> None:
        self.seen = b""
        self.process, self._master = pty.fork()
        if self.process == 0:
            environment = {**os.environ, "TERM": term, "LANG": "C.UTF-8"}
            os.execve(sys.executable, [sys.executable, "-m", "gateway", *words], environment)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        os.set_blocking(self._master, False)

    async def until(self, text: str) -> None:
        give_up = time.monotonic() + 100
        while text.encode() not in self.seen:
            assert time.monotonic() < give_up, (text, self.seen[-3000:])
            try:
                self.seen += os.read(self._master, 65_536)
            except (BlockingIOError, OSError):
                await asyncio.sleep(0.02)

    def type(self, text: str) -> None:
        self.seen = b""
        os.write(self._master, text.encode())

    def hang_up(self) -> None:
        os.close(self._master)

    async def ended(self) -> int:
        _, status = await asyncio.to_thread(os.waitpid, self.process, 0)
        return status


@pytest.mark.parametrize("lost", ["killed", "connection"])
async def test_a_lost_connection_closes_the_relay_and_a_kill_is_known_afterwards(
    tmp_path: Path, lost: str
) -> None:
    async with bench(tmp_path, m202411110001="300W") as site:
        await site.job.wires.close()
        site.job.notebook.note(Tied, number=ONE, room="101", how="typed")
        terminal = Terminal("commission", "--data", str(tmp_path), "--name", "li", "--lang", "zh")
        await terminal.until("您的姓名")
        terminal.type("\r")
        await terminal.until("电表对应房间")
        terminal.type("2")
        await terminal.until("闪断")
        terminal.type("b")
        await terminal.until("闪断电表")
        terminal.type("y")
        relay = site.meters[ONE].relay
        while relay.contact_closed:
            await asyncio.sleep(0.01)
        if lost == "killed":
            os.kill(terminal.process, signal.SIGKILL)
        else:
            terminal.hang_up()
        await terminal.ended()
        opened = job_in(tmp_path).standing.opened()
        if lost == "connection":
            assert relay.contact_closed
            assert not opened
            return
        assert [meter.number for meter in opened] == [ONE]
        plain = Terminal("commission", "--data", str(tmp_path), "--plain", term="dumb")
        for shown_text, typed in (("Your name", ""), ("opened its relay", "y"), ("Undo (u)", "q")):
            await plain.until(shown_text)
            assert typed != "q" or b"It is closed, read back." in plain.seen
            plain.type(f"{typed}\n")
        await plain.until("Meters not proved yet: 1")
        assert await plain.ended() == 0
        assert relay.contact_closed


@contextlib.contextmanager
def listening(path: Path) -> Iterator[None]:
    """A daemon's socket that answers one question."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(encode_line(Reply()))

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield
        thread.join(5)
    path.unlink()


def test_what_makes_no_sense_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*given: str) -> tuple[int, str]:
        monkeypatch.setattr(words, "_asked", ["en"])
        monkeypatch.setattr(sys, "argv", ["cardroom-gateway", "commission", *given])
        monkeypatch.setattr(sys, "stdin", io.StringIO(""))
        code = main()
        out, err = capsys.readouterr()
        return code, out + err

    def refused(code: int, sentence: str, *given: str) -> None:
        got, said = run(*given)
        assert (got, sentence in said) == (code, True), said

    here = ("--data", str(tmp_path))
    refused(1, "No such file", "--data", str(tmp_path / "missing"))
    refused(1, "Nothing was commissioned", "report", *here)
    refused(2, "--output names the PDF", "--output", "x.pdf", *here)
    refused(0, "Your name", *here)
    with alone(tmp_path):
        refused(1, "另一个屏幕", *here, "--lang", "zh")
    with listening(tmp_path / SOCKET_NAME):
        refused(1, "The gateway is running and owns the lines.", *here)
    for damaged in ("{", '{"acts": {"0": {"act": "of a later version"}}}', '{"acts": {"x": {}}}'):
        (tmp_path / "commission.json").write_text(damaged)
        refused(1, "can't be read", "labels", *here)
