"""A fold holds the writer: what it costs goes with what it folds, not with what stays."""

import pytest

from gateway.adapters.journal_store import SqliteJournal, folding

OLD = 100


@pytest.fixture(autouse=True)
def _a_hundred_are_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "FOLDED_AT_LEAST", OLD)


def steps_of_a_fold(staying: int) -> int:
    """Count the steps of SQLite's machine, in hundreds, for folding a hundred old entries before so many others."""
    journal = SqliteJournal(":memory:")
    connection = journal._connection
    entries = range(1, OLD + staying + 1)
    connection.execute("INSERT INTO bucket VALUES (1, 'a1', 'paid', 'yuan', 0, ?)", (len(entries),))
    connection.executemany(
        "INSERT INTO ledger VALUES (?, 'a1', 'consumption', ?, 1, x'00')", [(n, n) for n in entries]
    )
    connection.executemany("INSERT INTO posting VALUES (?, 1, 1)", [(n,) for n in entries])
    connection.executemany("INSERT INTO outbox VALUES (?, 0, NULL, ?)", [(n, n) for n in entries if n > OLD])
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    connection.set_progress_handler(step, 100)
    assert journal.fold_entries(OLD + 1, len(entries), None) == OLD
    connection.set_progress_handler(None, 100)
    assert journal.ledger_differences() == []
    journal.close()
    return steps


def test_a_fold_reads_nothing_of_what_stays() -> None:
    assert steps_of_a_fold(20_000) < 1.1 * steps_of_a_fold(2_000)


def test_a_fold_leaves_nothing_that_points_at_what_went() -> None:
    """Foreign keys are not enforced, because that is what would read it all."""
    journal = SqliteJournal(":memory:")
    connection = journal._connection
    connection.execute("INSERT INTO bucket VALUES (1, 'a1', 'paid', 'yuan', 0, 0)")
    for n in range(1, OLD + 3):
        connection.execute("INSERT INTO ledger VALUES (?, 'a1', 'consumption', ?, 1, x'00')", (n, n))
        connection.execute("INSERT INTO posting VALUES (?, 1, 1)", (n,))
    connection.execute("INSERT INTO outbox VALUES (1, 0, NULL, ?)", (OLD + 1,))
    assert journal.fold_entries(10**6, 10**6, None) == OLD
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
