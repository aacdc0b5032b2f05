"""The gateway's own command on a disk whose every sync takes 100 ms longer: `python -m tests.bench.slow_disk run --config FILE`.

The journal commits with synchronous=FULL, so each commit that wrote syncs once; the wait is put there, in the writer's thread,
where a slow card's would be (time.sleep lets the other threads run, as fsync does).
"""

import sys
import time

from gateway.__main__ import main
from gateway.adapters.journal_store import SqliteJournal

SYNC_S = 0.1

commit = SqliteJournal.commit


def slow_commit(journal: SqliteJournal) -> None:
    if journal.has_changes:
        time.sleep(SYNC_S)
    commit(journal)


SqliteJournal.commit = slow_commit  # type: ignore[method-assign]

if __name__ == "__main__":
    sys.exit(main())
