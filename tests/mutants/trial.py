"""Tries mutants, each in a process of its own: planted, its tests run until one fails, gone again.

Two ways. A mutant inside a function is planted by swapping that function's code in a process that has imported and collected
everything (`Warm`). What runs when a module is loaded (tables, constants, defaults) is planted by loading that module from the
changed text in a process that has imported nothing of the product yet (`try_cold`).
"""

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.mutants.mutate import Mutant

UNUSED = ("terminal", "cacheprovider", "django", "xdist", "timeout", "playwright", "base_url", "faulthandler")
PYTEST = ["-o", "addopts=", "-s", "-W", "ignore", *(f"-pno:{plugin}" for plugin in UNUSED)]
MEMORY_BYTES = 3 << 30
TOLD_EVERY = 50
FAILED, NOT_PLANTED = 1, 9


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    TIMED_OUT = "timed out"
    """Its tests took many times as long as without it: killed, too."""
    SURVIVED = "survived"
    UNREACHED = "no test runs it"
    NOT_PLANTED = "not planted"
    """This function's code can't be swapped; it is tried the other way."""


ENDS = {
    0: Outcome.SURVIVED,
    FAILED: Outcome.KILLED,
    NOT_PLANTED: Outcome.NOT_PLANTED,
    -signal.SIGPROF: Outcome.TIMED_OUT,
    -signal.SIGALRM: Outcome.TIMED_OUT,
}


@dataclass(frozen=True)
class Trial:
    """A mutant, the tests that could notice it, and the CPU time they may take."""

    mutant: Mutant
    tests: tuple[str, ...]
    is_loaded: bool
    """It runs while modules are loaded."""
    limit_s: float


def try_each(
    trials: Sequence[Trial], workers: int, run: Callable[[Trial], None]
) -> Iterator[tuple[Trial, Outcome]]:
    """Run each trial in a forked process, so many at once; give each as it ends. `run` exits by itself when a test fails."""
    running: dict[int, Trial] = {}
    for number, trial in enumerate(trials):
        if number and number % TOLD_EVERY == 0:
            print(f"  {number} of {len(trials)}", flush=True)
        if not trial.tests:
            yield trial, Outcome.UNREACHED
            continue
        if len(running) >= workers:
            yield _ended(running)
        sys.stdout.flush()
        if (pid := os.fork()) == 0:
            _limited(trial.limit_s)
            run(trial)
            os._exit(0)
        running[pid] = trial
    while running:
        yield _ended(running)


def _ended(running: dict[int, Trial]) -> tuple[Trial, Outcome]:
    pid, status = os.wait()
    trial, code = running.pop(pid), os.waitstatus_to_exitcode(status)
    if code not in ENDS:
        raise RuntimeError(f"a trial ended with {code}: {trial.mutant}")
    return trial, ENDS[code]


def _limited(limit_s: float) -> None:
    """Keep this process within its time and memory, and silent. CPU time, so that a busy machine kills nothing."""
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    for timer, mark, seconds in (
        (signal.ITIMER_PROF, signal.SIGPROF, limit_s),
        (signal.ITIMER_REAL, signal.SIGALRM, 20 * limit_s),
    ):
        signal.signal(mark, signal.SIG_DFL)
        signal.setitimer(timer, seconds)


class Warm:
    """A pytest plugin: collects once, then tries each mutant on the collected tests instead of running them."""

    def __init__(self, root: Path, trials: list[Trial], workers: int, told: Path) -> None:
        self._root, self._trials, self._workers, self._told = root, trials, workers, told
        self._items: dict[str, pytest.Item] = {}
        self._live: dict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try them all; write what became of each, in their order."""
        self._items = {item.nodeid: item for item in session.items}
        for thing in gc.get_objects():
            if isinstance(thing, FunctionType):
                self._live[_place(thing.__code__)].append(thing)
        gc.freeze()
        outcomes = dict(try_each(self._trials, self._workers, self._run))
        self._told.write_text(json.dumps([outcomes[trial] for trial in self._trials]))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first failure is enough."""
        if report.failed:
            os._exit(FAILED)

    def _run(self, trial: Trial) -> None:
        if not self._swapped(trial.mutant):
            os._exit(NOT_PLANTED)
        run_tests([self._items[test] for test in trial.tests])

    def _swapped(self, mutant: Mutant) -> bool:
        """Give every live function made from the mutant's code the changed code; False: none is there, or one can't take it."""
        path = self._root / mutant.file
        new = _code_of(compile(mutant.applied(path.read_bytes()), str(path), "exec"), mutant)
        live = self._live[_place(new)]
        try:
            for function in live:
                function.__code__ = new
        except ValueError:
            return False
        return bool(live)


class Cold:
    """A pytest plugin: runs these tests in this order, then those that weren't there without the mutant, until one fails."""

    def __init__(self, tests: tuple[str, ...]) -> None:
        self._place = {test: place for place, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put them in order."""
        items.sort(key=lambda item: self._place.get(item.nodeid, len(self._place)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A test file that can't be loaded any more has noticed."""
        if report.failed:
            os._exit(FAILED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first failure is enough."""
        if report.failed:
            os._exit(FAILED)


def run_tests(items: list[pytest.Item]) -> None:
    """Run these collected tests."""
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def try_cold(root: Path, trial: Trial) -> None:
    """Load the mutant's module from its changed text, then run its tests."""
    path = root / trial.mutant.file
    name = ".".join(path.relative_to(root).with_suffix("").parts)
    sys.meta_path.insert(0, _Planter(name, path, trial.mutant.applied(path.read_bytes())))
    files = list(dict.fromkeys(test.partition("::")[0] for test in trial.tests))
    code = pytest.main([*PYTEST, *files], plugins=[Cold(trial.tests)])
    os._exit(0 if code in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED) else FAILED)


class _Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from another text."""

    def __init__(self, name: str, path: Path, text: bytes) -> None:
        self._name, self._path, self._text = name, path, text

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        """Say that this module is loaded here."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)  # type: ignore[arg-type]

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed text."""
        exec(compile(self._text, str(self._path), "exec"), module.__dict__)


def _code_of(module: CodeType, mutant: Mutant) -> CodeType:
    waiting = [module]
    while waiting:
        code = waiting.pop()
        if (code.co_qualname, code.co_firstlineno) == mutant.function:
            return code
        waiting += [inner for inner in code.co_consts if isinstance(inner, CodeType)]
    raise LookupError(mutant)


def _place(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno
