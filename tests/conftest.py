"""In which order the tests begin: what takes longest first, so that no worker is left alone with it at the end; and Ctrl-C.

While ten thousand tests are collected nothing becomes garbage: a worker spent a third of that time looking for it.

`--no-loadscope-reorder` keeps this order when workers share the tests (Makefile).
"""

import gc
import signal

import pytest

LONGEST = (
    *("test_on_postgresql.py", "test_every_page.py", "test_simulate.py", "test_hostile_input.py"),
    *(
        "test_rules_machine.py",
        "test_fuzz_pages.py",
        "test_update.py",
        "test_dead_pi.py",
        "test_find_on_lines.py",
    ),
)
"""Minutes of one worker, or half a one that mostly waits."""


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
    """Put what takes longest first, central's tests on PostgreSQL before all, then what shares a site, then what stands alone."""
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    if item.path.name in LONGEST:
        return LONGEST.index(item.path.name)
    return len(LONGEST) + (item.get_closest_marker("xdist_group") is None)
