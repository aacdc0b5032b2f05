"""systemd is told the truth: ready once, alive only while every loop gets somewhere."""

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from gateway.adapters.systemd_notify import Notifier, Progress, keep_fed


@pytest.fixture
def systemd(tmp_path: Path) -> "socket.socket":
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.bind(str(tmp_path / "notify"))
    receiver.setblocking(False)
    yield receiver
    receiver.close()


def test_messages_are_systemds(systemd: socket.socket, tmp_path: Path) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
    assert notifier.watchdog_s == 30
    notifier.ready("3 lines,\n208 meters")
    notifier.status("link down")
    notifier.alive()
    notifier.stopping()
    received = [systemd.recv(1_000).decode() for _ in range(4)]
    assert received == ["READY=1\nSTATUS=3 lines, 208 meters", "STATUS=link down", "WATCHDOG=1", "STOPPING=1"]


@pytest.mark.parametrize(
    "environment", [{}, {"NOTIFY_SOCKET": "/nonexistent/notify", "WATCHDOG_USEC": "soon"}]
)
def test_without_systemd_nothing_happens(environment: dict[str, str]) -> None:
    notifier = Notifier(environment)
    notifier.ready("up")
    assert notifier.watchdog_s is None


def test_a_loop_may_take_its_time_and_no_longer() -> None:
    progress = Progress({"poll": 60, "outbox": 10})
    assert progress.check(0) == []
    progress.progress("outbox")
    assert progress.check(9) == []
    assert progress.check(19) == []
    assert progress.check(20) == ["outbox"]
    progress.progress("outbox")
    assert progress.check(60) == []
    assert progress.check(61) == ["poll"] == progress.stalled
    progress.watch("poll", 120)
    assert progress.check(70) == []


def test_a_name_that_nobody_watches_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Progress({"poll": 1}).progress("pol")


async def test_the_watchdog_is_fed_until_a_loop_stalls(systemd: socket.socket, tmp_path: Path) -> None:
    progress = Progress({"poll": 0.2})
    notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "80000"})
    feeding = asyncio.create_task(keep_fed(notifier, progress))
    loop = asyncio.get_running_loop()
    assert await asyncio.wait_for(loop.sock_recv(systemd, 1_000), 60) == b"WATCHDOG=1"
    async with asyncio.timeout(60):
        while progress.stalled != ["poll"]:
            await asyncio.sleep(0.02)
    with contextlib.suppress(BlockingIOError):
        while systemd.recv(1_000):
            pass
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(loop.sock_recv(systemd, 1_000), 0.2)
    progress.progress("poll")
    assert await asyncio.wait_for(loop.sock_recv(systemd, 1_000), 60) == b"WATCHDOG=1"
    feeding.cancel()
