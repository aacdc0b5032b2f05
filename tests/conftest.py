"""In which order the tests begin: what takes longest first, so that no worker is left alone with it at the end.

`--no-loadscope-reorder` keeps this order when workers share the tests (Makefile).
"""

import pytest

LONGEST = "test_on_postgresql.py"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put central's tests on PostgreSQL first, then what shares a site, then what stands alone."""
    items.sort(key=_begins)


def _begins(item: pytest.Item) -> int:
    if item.path.name == LONGEST:
        return 0
    return 1 if item.get_closest_marker("xdist_group") else 2
