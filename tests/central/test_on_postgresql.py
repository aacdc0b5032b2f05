"""The same tests on PostgreSQL: this one starts a private cluster and runs the others on it.

Within a run of several workers it begins when central's tests on SQLite are over (tests/conftest.py), and leaves out what sent
nothing there that others did not send (statements.py: automatic, so that no list of tests grows old). Alone, and by
`make test-postgresql`, it leaves nothing out.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.central.conftest import LEFT_OUT
from tests.central.private_postgresql import Unavailable, cluster
from tests.central.statements import WORDS_ONLY, kept, nothing_new
from tests.made_once import made_once

HERE = Path(__file__)
SHARES = 3
"""Of central's tests, each with a cluster of its own: workers run them beside each other."""
FILES = sorted(file for file in HERE.parent.glob("test_*.py") if file != HERE and file.name not in WORDS_ONLY)
LOTS = {"hostile-input": [HERE.parents[1] / "pages" / "test_hostile_input.py"]}
LOTS |= {f"share-{n}": FILES[n::SHARES] for n in range(SHARES)}


@pytest.fixture
def left_out(tmp_path_factory, worker_id):
    """Name the file that names what the run's tests on SQLite show to be nothing new, the same for all shares."""
    root = tmp_path_factory.getbasetemp().parent
    if worker_id == "master" or os.environ.get("POSTGRESQL") == "all":
        return {}

    def choose(folder):
        folder.mkdir()
        names = nothing_new(kept(root / "statements"))
        (folder / "names.json").write_text(json.dumps(sorted(names), indent=0), encoding="utf-8")

    return {LEFT_OUT: str(made_once(tmp_path_factory, worker_id, "left-out", choose) / "names.json")}


@pytest.mark.timeout(2400)
@pytest.mark.parametrize("lot", LOTS)
def test_central_on_postgresql(lot, left_out):
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
                env={**os.environ, **variables, **left_out},
                cwd=HERE.parents[2],
                capture_output=True,
                text=True,
                check=False,
            )
    except Unavailable as reason:
        message = f"not tried on PostgreSQL: {reason}"
        pytest.fail(message) if os.environ.get("CI") == "true" else pytest.skip(message)
    assert done.returncode == 0, done.stdout[-8000:]
