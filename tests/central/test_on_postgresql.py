"""The same tests on PostgreSQL: this one starts a private cluster and runs the others on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.central.private_postgresql import Unavailable, cluster

HERE = Path(__file__)
SHARES = 3
"""Of central's tests, each with a cluster of its own: workers run them beside each other."""
WORDS_ONLY = {"test_setting_command.py", "test_notice_carrier.py", "test_damaged_lists.py"}
"""What a command or a file says: the same whatever the database."""
FILES = sorted(file for file in HERE.parent.glob("test_*.py") if file != HERE and file.name not in WORDS_ONLY)
LOTS = {f"share-{n}": FILES[n::SHARES] for n in range(SHARES)}
LOTS["hostile-input"] = [HERE.parents[1] / "pages" / "test_hostile_input.py"]


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("lot", LOTS)
def test_central_on_postgresql(lot):
    if "DATABASE_URL" in os.environ:
        pytest.skip("these tests run on DATABASE_URL already")
    try:
        with cluster() as variables:
            done = subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "pytest",
                    "-q",
                    "-p",
                    "no:cacheprovider",
                    *map(str, LOTS[lot]),
                ],
                env={**os.environ, **variables},
                cwd=HERE.parents[2],
                capture_output=True,
                text=True,
                check=False,
            )
    except Unavailable as reason:
        message = f"not tried on PostgreSQL: {reason}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    assert done.returncode == 0, done.stdout[-8000:]
