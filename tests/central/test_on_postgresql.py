"""The same tests on PostgreSQL: this one starts a private cluster and runs the others on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.central.private_postgresql import Unavailable, cluster

HERE = Path(__file__)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("tests", [HERE.parent, HERE.parents[1] / "pages" / "test_hostile_input.py"])
def test_central_on_postgresql(tests):
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
                    f"--ignore={HERE}",
                    str(tests),
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
