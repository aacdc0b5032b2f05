"""The buildings' time: it stands still while the machine does."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests.virtual_time import PatientLoop


@pytest.hookimpl
def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Give the tests of this folder a loop that a busy machine can't hurry."""
    return {"loop": PatientLoop}
