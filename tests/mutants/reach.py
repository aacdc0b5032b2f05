"""Which test runs which line, and how long each test takes: found once, before the first mutant."""

import json
import time
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage


class Recorder:
    """A pytest plugin: notes the product's lines that each test runs, writes them when all are done."""

    def __init__(self, packages: list[str], root: Path, into: Path) -> None:
        self._root, self._into = root, into
        self._coverage = Coverage(data_file=None, include=[f"{root / package}/*" for package in packages])
        self._took_s: dict[str, float] = {}

    def run(self, arguments: list[str]) -> int:
        """Run these tests. What runs before the first one, while modules are loaded, belongs to none."""
        self._coverage.start()
        return pytest.main(arguments, plugins=[self])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        """Watch one test, its fixtures included."""
        self._coverage.switch_context(item.nodeid)
        began_s = time.process_time()
        try:
            return (yield)
        finally:
            self._took_s[item.nodeid] = time.process_time() - began_s
            self._coverage.switch_context("")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Without all its tests, no mutant is judged."""
        self._stop_if_failed(report)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """A test that fails without any mutant would kill all of them."""
        self._stop_if_failed(report)

    def _stop_if_failed(self, report: pytest.CollectReport | pytest.TestReport) -> None:
        if report.failed:
            print(f"{report.nodeid} fails without any mutant:\n{report.longreprtext}", flush=True)
            pytest.exit("a test fails without any mutant", returncode=1)

    def pytest_sessionfinish(self) -> None:
        """Write what was seen."""
        self._coverage.stop()
        data = self._coverage.get_data()
        lines = {
            str(Path(file).relative_to(self._root)): data.contexts_by_lineno(file)
            for file in data.measured_files()
        }
        self._into.write_text(json.dumps({"took_s": self._took_s, "lines": lines}))


class Reach:
    """What was recorded, to be asked."""

    def __init__(self, recorded: Path) -> None:
        found = json.loads(recorded.read_text())
        self.took_s: dict[str, float] = found["took_s"]
        self._lines: dict[str, dict[str, list[str]]] = found["lines"]

    def tests_of(self, file: str, lines: tuple[int, int]) -> list[str]:
        """Give the tests that run one of these lines, the quickest first."""
        by_line = self._lines.get(file, {})
        return self._quickest_first(
            {test for line in range(lines[0], lines[1] + 1) for test in by_line.get(str(line), ()) if test}
        )

    def runs_at_load(self, file: str, lines: tuple[int, int]) -> bool:
        """Say whether one of these lines also runs while modules are loaded, as what makes a table does."""
        by_line = self._lines.get(file, {})
        return any("" in by_line.get(str(line), ()) for line in range(lines[0], lines[1] + 1))

    def tests_of_file(self, file: str, rooms: list[str]) -> list[str]:
        """Give all tests of these folders and files, those first that run something of the file."""
        near = {test for tests in self._lines.get(file, {}).values() for test in tests if test}
        far = {test for test in self.took_s if test.startswith(tuple(rooms))} - near
        return [*self._quickest_first(near), *self._quickest_first(far)]

    def _quickest_first(self, tests: set[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self.took_s[test], test))
