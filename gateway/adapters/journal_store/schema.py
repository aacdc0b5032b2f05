"""The journal's tables. Knows SQL only.

The ledger is append-only by triggers; only what a fold covers may be deleted, and a fold is written once (`folding.py`). A ledger
entry's text is stored once, in `ledger`; its outbox row points there. An outbox row's key is its epoch's number in the high
bits and its sequence in the low ones, so that the file grows at its end only.
Records (the small states) lie in one table per kind, as MessagePack; tables with a rowid, because their pages stay full and an
update touches one leaf only (a third less wear per sweep than without). An outbox row never changes; one of readings that was never
sent may be deleted and written anew with fewer (`application/thin_outbox`).
"""

APPLICATION_ID = 0x43524A31
"""`CRJ1`: what tells this file from any other SQLite file."""
SCHEMA_VERSION = 1
FOLDED_VERSION = 2
"""Of a store whose ledger was folded: an earlier release, which would miss what is folded away, refuses it."""
SEQ_BITS = 40
COMPRESSED_FROM_BYTES = 512

TABLES = """
CREATE TABLE ledger (
    number INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    trusted INTEGER NOT NULL,
    fact BLOB NOT NULL
);
CREATE TABLE bucket (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL,
    name TEXT NOT NULL,
    unit TEXT NOT NULL,
    expires_ms INTEGER NOT NULL,
    balance INTEGER NOT NULL,
    UNIQUE (account, name, unit, expires_ms)
);
CREATE TABLE posting (
    entry INTEGER NOT NULL REFERENCES ledger (number),
    bucket INTEGER NOT NULL REFERENCES bucket (id),
    amount INTEGER NOT NULL
);
CREATE TABLE epoch (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
);
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY,
    wall_ms INTEGER NOT NULL,
    fact BLOB,
    entry INTEGER REFERENCES ledger (number)
);
CREATE TRIGGER ledger_is_never_updated BEFORE UPDATE ON ledger
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER posting_is_never_updated BEFORE UPDATE ON posting
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER outbox_is_never_updated BEFORE UPDATE ON outbox
    BEGIN SELECT RAISE(ABORT, 'an outbox row never changes'); END;
"""

FOLD_TABLES = """
CREATE TABLE IF NOT EXISTS fold (
    up_to INTEGER PRIMARY KEY,
    entries INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    digest BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS folded (
    bucket INTEGER PRIMARY KEY REFERENCES bucket (id),
    amount INTEGER NOT NULL
);
DROP TRIGGER IF EXISTS ledger_is_never_deleted;
CREATE TRIGGER ledger_is_never_deleted BEFORE DELETE ON ledger
    WHEN OLD.number > (SELECT ifnull(max(up_to), 0) FROM fold)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
DROP TRIGGER IF EXISTS posting_is_never_deleted;
CREATE TRIGGER posting_is_never_deleted BEFORE DELETE ON posting
    WHEN OLD.entry > (SELECT ifnull(max(up_to), 0) FROM fold)
    BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;
CREATE TRIGGER IF NOT EXISTS fold_is_never_updated BEFORE UPDATE ON fold
    BEGIN SELECT RAISE(ABORT, 'a fold never changes'); END;
CREATE TRIGGER IF NOT EXISTS fold_is_never_deleted BEFORE DELETE ON fold
    BEGIN SELECT RAISE(ABORT, 'a fold never changes'); END;
"""
"""Also for a store of an earlier release. `fold`: up to which entry, how many it took, until when, and the chain's digest.
`folded`: what a bucket's postings came to that are folded away."""
