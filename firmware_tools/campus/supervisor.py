"""Starts the processes of a campus in order, keeps them running, and ends them in the opposite order.

No child outlives the supervisor: the kernel sends SIGTERM to each when its parent dies, even by kill -9. What a child says goes to
its own log file; its last lines are shown when it dies. It knows nothing of what the processes do.
"""

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PR_SET_PDEATHSIG = 1
READY_PROBE_S = 0.05
STOP_PATIENCE_S = 10.0
LONGEST_RESTART_DELAY_S = 10.0
STEADY_AFTER_S = 30.0
"""A child that ran this long is not in a crash loop: its next restart is quick again."""
LAST_LINES = 12

Probe = Callable[[], Awaitable[bool]]


class PartFailed(RuntimeError):
    """A process didn't become ready. The text says which one and shows its last log lines."""


@dataclass(frozen=True, slots=True)
class Part:
    """One process: its command, and how to see that it is ready for work (None: as soon as it runs)."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    ready: Probe | None = None
    ready_within_s: float = 20.0
    restart_delay_s: float = 1.0


@dataclass(slots=True)
class _Running:
    part: Part
    process: asyncio.subprocess.Process
    started_at_s: float
    keeper: asyncio.Task[None] | None = None
    restarts: int = 0
    killed_by_us: bool = False


class Supervisor:
    """Owner of all child processes of one run. Use it from one event loop in the main thread."""

    def __init__(self, log_dir: Path, say: Callable[[str], None], work_dir: Path) -> None:
        """`say` gets one line per event worth a person's eye; children run in `work_dir`."""
        self._log_dir = log_dir
        self._say = say
        self._work_dir = work_dir
        self._running: dict[str, _Running] = {}
        self._stopping = False

    async def start(self, part: Part) -> None:
        """Start a process and wait until it is ready; from then on restart it whenever it dies.

        Raises PartFailed with its last log lines when it dies or isn't ready in time.
        """
        running = _Running(part, await self._spawn(part), _now_s())
        self._running[part.name] = running
        await self._until_ready(running)
        running.keeper = asyncio.create_task(self._keep(running), name=f"keep {part.name}")

    async def stop(self) -> None:
        """End all children, last started first: SIGTERM, then SIGKILL for what doesn't go."""
        self._stopping = True
        for name in reversed(list(self._running)):
            await self.stop_part(name)

    async def stop_part(self, name: str) -> None:
        """End one child and forget it."""
        running = self._running.pop(name)
        if running.keeper is not None:
            running.keeper.cancel()
        await _end(running.process)

    def kill(self, name: str) -> None:
        """Kill -9 a child and everything it started; it is started again without a word and without growing delay."""
        self._running[name].killed_by_us = True
        _signal_group(self._running[name].process, signal.SIGKILL)

    def pid(self, name: str) -> int:
        """The process id of a child as it runs now."""
        return self._running[name].process.pid

    def restarts(self, name: str) -> int:
        """How often a child had to be started again."""
        return self._running[name].restarts

    def last_lines(self, name: str) -> str:
        """The end of a child's log, indented."""
        try:
            text = self.log_file(name).read_text(errors="replace")
        except FileNotFoundError:
            return "    (no log)"
        return "\n".join(f"    {line}" for line in text.splitlines()[-LAST_LINES:]) or "    (it said nothing)"

    def log_file(self, name: str) -> Path:
        """Where a child's output goes."""
        return self._log_dir / f"{name}.log"

    async def _spawn(self, part: Part) -> asyncio.subprocess.Process:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        with self.log_file(part.name).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *part.command,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **part.environment},
                cwd=self._work_dir,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent(os.getpid()),
            )

    async def _until_ready(self, running: _Running) -> None:
        part, process = running.part, running.process
        deadline_s = _now_s() + part.ready_within_s
        while part.ready is not None:
            answers = await part.ready()
            # Asked after the probe: what answers at its port may be another program's, and ours has ended for that very reason.
            if process.returncode is not None:
                raise PartFailed(
                    f"{part.name} ended with code {process.returncode}:\n{self.last_lines(part.name)}"
                )
            if answers:
                return
            if _now_s() > deadline_s:
                raise PartFailed(
                    f"{part.name} was not ready within {part.ready_within_s:.0f} s:\n{self.last_lines(part.name)}"
                )
            await asyncio.sleep(READY_PROBE_S)

    async def _keep(self, running: _Running) -> None:
        part, delay_s = running.part, running.part.restart_delay_s
        while True:
            code = await running.process.wait()
            if self._stopping:
                return
            _signal_group(running.process, signal.SIGKILL)
            if running.killed_by_us or _now_s() - running.started_at_s > STEADY_AFTER_S:
                delay_s = part.restart_delay_s
            if not running.killed_by_us:
                last = self.last_lines(part.name)
                self._say(
                    f"{part.name} ended ({_ending(code)}); starting it again in {delay_s:g} s. Its last lines:\n{last}"
                )
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, LONGEST_RESTART_DELAY_S)
            running.killed_by_us = False
            running.process, running.started_at_s = await self._spawn(part), _now_s()
            running.restarts += 1


async def _end(process: asyncio.subprocess.Process) -> None:
    """Ask, wait, then insist; what the child left behind in its group goes too."""
    if process.returncode is None:
        try:
            process.terminate()
        except ProcessLookupError:
            pass
        try:
            await asyncio.wait_for(process.wait(), STOP_PATIENCE_S)
        except TimeoutError:
            pass
    _signal_group(process, signal.SIGKILL)
    await process.wait()


def _signal_group(process: asyncio.subprocess.Process, which: signal.Signals) -> None:
    """Signal the child's process group (it leads its own session)."""
    try:
        os.killpg(process.pid, which)
    except (ProcessLookupError, PermissionError):
        pass


def _die_with_parent(parent_pid: int) -> Callable[[], None]:
    """What a child does between fork and exec: ask the kernel for SIGTERM when its parent dies (prctl(2))."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None).prctl

    def ask_kernel() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent_pid:
            os._exit(1)

    return ask_kernel


def _ending(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"code {code}"


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def port_answers(host: str, port: int) -> Probe:
    """Ready when a TCP port takes connections."""

    async def probe() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        writer.close()
        return True

    return probe


def all_exist(*paths: Path) -> Probe:
    """Ready when all these files, links or sockets exist."""

    async def probe() -> bool:
        return all(path.exists() for path in paths)

    return probe
