"""The supervisor with real processes: order, restarts, stubborn children, no orphans."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from firmware_tools.campus.supervisor import Part, PartFailed, Supervisor, all_exist

SLEEPER = "import time; print('up', flush=True); time.sleep(60)"


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


async def gone(pid: int) -> None:
    """Wait until no process has this id, or only a zombie of someone else."""
    while True:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        await asyncio.sleep(0.01)


async def until(condition) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_children_are_ready_before_the_next_starts_and_end_in_the_opposite_order(tmp_path):
    writer = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open('order', 'a').write(sys.argv[1] + '\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        "open(sys.argv[1], 'w').close()\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor(tmp_path / "log", print, tmp_path)
    for name in ("broker", "gateway", "server"):
        await supervisor.start(Part(name, (*python(writer), name), ready=all_exist(tmp_path / name)))
        assert (tmp_path / name).exists()
    await supervisor.stop()
    assert (tmp_path / "order").read_text().split() == ["server", "gateway", "broker"]


async def test_a_child_that_dies_is_shown_with_its_last_lines_and_started_again(tmp_path):
    said: list[str] = []
    supervisor = Supervisor(tmp_path / "log", said.append, tmp_path)
    await supervisor.start(Part("meter", python(SLEEPER), restart_delay_s=0.01))
    first = supervisor.pid("meter")
    await until(lambda: "up" in supervisor.last_lines("meter"))
    os.kill(first, signal.SIGKILL)
    await until(lambda: supervisor.pid("meter") != first)
    assert "meter ended (by SIGKILL)" in said[0]
    assert "    up" in said[0]
    assert supervisor.restarts("meter") == 1
    second = supervisor.pid("meter")
    supervisor.kill("meter")
    await until(lambda: supervisor.pid("meter") != second)
    assert len(said) == 1
    await supervisor.stop()


async def test_a_child_that_never_gets_ready_is_named_with_what_it_said(tmp_path):
    supervisor = Supervisor(tmp_path / "log", print, tmp_path)
    missing = all_exist(tmp_path / "never")
    with pytest.raises(PartFailed, match=r"broker ended with code 3:\n +the port is busy"):
        await supervisor.start(
            Part("broker", python("print('the port is busy'); raise SystemExit(3)"), ready=missing)
        )
    with pytest.raises(PartFailed, match=r"gateway was not ready within 0 s"):
        await supervisor.start(Part("gateway", python(SLEEPER), ready=missing, ready_within_s=0.2))
    await supervisor.stop()


async def test_a_child_that_ignores_sigterm_is_killed_with_its_own_children(tmp_path, monkeypatch):
    monkeypatch.setattr("firmware_tools.campus.supervisor.STOP_PATIENCE_S", 0.2)
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "pid = os.fork()\n"
        "open(f'pid-{bool(pid)}', 'w').write(str(os.getpid()))\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor(tmp_path / "log", print, tmp_path)
    files = [tmp_path / "pid-True", tmp_path / "pid-False"]
    await supervisor.start(Part("stubborn", python(stubborn), ready=all_exist(*files)))
    await until(lambda: all(file.read_text() for file in files))
    pids = [int(file.read_text()) for file in files]
    await supervisor.stop()
    async with asyncio.timeout(60):
        for pid in pids:
            await gone(pid)


async def test_no_child_outlives_a_supervisor_that_was_killed(tmp_path):
    owner = (
        "import asyncio, pathlib\n"
        "from firmware_tools.campus.supervisor import Part, Supervisor\n"
        "async def main():\n"
        "    supervisor = Supervisor(pathlib.Path('log'), print, pathlib.Path())\n"
        f"    await supervisor.start(Part('child', ({sys.executable!r}, '-c', {SLEEPER!r})))\n"
        "    print(supervisor.pid('child'), flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())"
    )
    process = await asyncio.create_subprocess_exec(
        *python(owner),
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    child = int(await process.stdout.readline())
    process.send_signal(signal.SIGKILL)
    await process.wait()
    async with asyncio.timeout(60):
        await gone(child)
