"""In which order the tests begin: what takes longest first, so that no worker is left alone with it at the end; and Ctrl-C.

While ten thousand tests are collected nothing becomes garbage: a worker spent a third of that time looking for it.

`--no-loadscope-reorder` keeps this order when workers share the tests (Makefile).
"""

import gc
import signal

import pytest

LONGEST = (
    *("test_every_page.py", "test_sim.py", "test_hostile_input.py", "test_simulate.py", "test_plants.py"),
    *(
        "test_planted_bugs.py",
        "test_rules_machine.py",
        "test_fuzz_pages.py",
        "test_update.py",
        "test_dead_pi.py",
    ),
    *("test_find_on_lines.py", "test_fresh_tables.py", "test_processes.py", "test_notice_senders.py"),
)
"""Minutes of one worker, or half a one that mostly waits."""
ON_SQLITE, ON_POSTGRESQL, TOGETHER, ALONE = range(len(LONGEST), len(LONGEST) + 4)
"""What is left of central's tests; then the same on PostgreSQL, where the first say what need not be tried."""


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell's background jobs ignore Ctrl-C, and hand that down to the commands that tests stop by it.
    signal.signal(signal.SIGINT, signal.default_int_handler)


gc.disable()


def pytest_collection_finish() -> None:
    """Look for garbage from now on, but never in what was collected."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, then central's tests and those on PostgreSQL, what shares a site, and what stands alone."""
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    if item.path.name in LONGEST:
        return LONGEST.index(item.path.name)
    if item.path.parent.name == "central":
        return ON_POSTGRESQL if item.path.name == "test_on_postgresql.py" else ON_SQLITE
    return ALONE if item.get_closest_marker("xdist_group") is None else TOGETHER
