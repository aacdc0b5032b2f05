"""Months of telemetry in files: nothing is removed that wasn't read back, whatever is cut short; late rows are the next part."""

import csv
import hashlib
import io
import json
import resource
import zipfile
from contextlib import contextmanager
from unittest.mock import Mock

import pytest
from django.db import connections
from django.db.utils import OperationalError

from central.ledger.models import AuditEntry
from central.ledger.monthly_tables import month_at, month_span_ms, months_there
from central.link.telemetry import archive_file, archiving
from central.link.telemetry.archive_file import ArchiveDamaged
from central.link.telemetry.archive_kinds import KINDS
from central.link.telemetry.archiving import (
    BackRefusal,
    archive_month,
    check,
    finish_removals,
    load_back,
    path_of,
    put_away,
)
from central.link.telemetry.models import ArchivedMonth, DecisionEvent, LossBalance, Reading, RelayEvent
from central.link.telemetry.partitions import make_partitions
from tests.central.conftest import NOW_MS

MONTH = month_at(NOW_MS) - 14
FROM_MS, UNTIL_MS = month_span_ms(MONTH)
WHO = {"actor": "test", "now_ms": NOW_MS}
EVERY = tuple(KINDS.values())
WHY = 'current 0,5 A; "held"\nsecond line 电流'


class Killed(BaseException):
    """The power is cut here."""


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    settings.ARCHIVE_FOLDER = tmp_path / "archive"
    return settings.ARCHIVE_FOLDER


@pytest.fixture
def rows(db, monkeypatch):
    """An old month's rows, and their neighbours', which stay."""
    monkeypatch.setattr(archiving, "BATCH", 2)
    for n, at_ms in enumerate(
        (FROM_MS - 1, FROM_MS, FROM_MS + 5, FROM_MS + 9, UNTIL_MS - 1, UNTIL_MS, NOW_MS)
    ):
        reading(at_ms, n)
    RelayEvent.objects.create(meter="m-301", at_ms=FROM_MS, verdict="held", why=WHY, observed_closed=False)
    DecisionEvent.objects.create(account="1-301.1", at_ms=NOW_MS, decision="open", reason="grant", balance=5)
    zero = dict.fromkeys(
        ("master_wh", "subs_wh", "own_use_wh", "technical_wh", "unexplained_wh", "uncertainty_wh", "frozen"),
        0,
    )
    LossBalance.objects.create(
        gateway="gw-b1", group="1", from_ms=FROM_MS, to_ms=FROM_MS + 1, verdict="measured", rule="r", meters=2,
        missing=["m-301", "楼"], **zero,
    )  # fmt: skip
    make_partitions(NOW_MS)
    return in_tables()


def reading(at_ms, register_wh):
    Reading.objects.create(meter="m-301", wall_ms=at_ms, register_wh=register_wh, outcome="advanced")


def in_tables():
    return {name: list(kind.model.objects.order_by("pk").values_list()) for name, kind in KINDS.items()}


def in_files(name):
    found = []
    for part in ArchivedMonth.objects.all():
        with zipfile.ZipFile(path_of(part)) as archive:
            text = archive.read(f"{name}.csv").decode()
        found += list(csv.DictReader(io.StringIO(text)))
    return found


def of_month(rows, name):
    place = KINDS[name].columns.index(KINDS[name].model.month_by)
    return [row for row in rows[name] if FROM_MS <= row[place] < UNTIL_MS]


def assert_archived(rows):
    """Each row of the month is in one file, once; none of it in the tables; each other row still is."""
    left = in_tables()
    for name, kind in KINDS.items():
        gone = of_month(rows, name)
        assert left[name] == [row for row in rows[name] if row not in gone], name
        filed = [kind.row_of(cells) for cells in in_files(name)]
        assert [tuple(getattr(row, column) for column in kind.columns) for row in filed] == gone, name
    assert set(ArchivedMonth.objects.values_list("state", flat=True)) == {"removed"}
    for part in ArchivedMonth.objects.all():
        entry = AuditEntry.objects.get(action="archive-telemetry", subject=part.file_name)
        assert entry.detail.startswith(hashlib.sha256(path_of(part).read_bytes()).hexdigest())


def test_a_month_goes_into_a_file_that_says_what_it_is(rows, folder):
    made = archive_month(MONTH, EVERY, **WHO)
    assert_archived(rows)
    with zipfile.ZipFile(path_of(made)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        said = archive.read("README.txt").decode()
        for name, kind in manifest["kinds"].items():
            assert kind["sha256"] == hashlib.sha256(archive.read(f"{name}.csv")).hexdigest()
            assert f"{name}.csv" in said
            assert all(column in said or column.endswith(("_wh", "_ms")) for column in kind["columns"]), name
    assert manifest["kinds"]["reading"]["rows"] == 4
    sealed = f"{made.digest}  {made.file_name}\n"
    assert (folder / f"{made.file_name}.sha256").read_text() == sealed
    assert archive_month(MONTH, EVERY, **WHO) is None
    if connections["telemetry"].vendor == "postgresql":
        assert all(
            MONTH not in months_there(connections["telemetry"], kind.model._meta.db_table) for kind in EVERY
        )


def test_what_comes_late_is_the_next_part(rows):
    archive_month(MONTH, EVERY, **WHO)
    reading(FROM_MS + 7, 70)
    make_partitions(NOW_MS)
    late = list(Reading.objects.filter(register_wh=70).values_list())
    rows["reading"] += late
    made = archive_month(MONTH, EVERY, **WHO)
    assert (made.part, made.rows["reading"]) == (2, 1)
    assert_archived(rows)


def test_a_row_that_comes_while_the_file_is_written_stays(rows, monkeypatch):
    write = archiving.write_file

    def write_then_late(*arguments):
        sealed = write(*arguments)
        reading(FROM_MS + 8, 80)
        return sealed

    monkeypatch.setattr(archiving, "write_file", write_then_late)
    archive_month(MONTH, EVERY, **WHO)
    late = Reading.objects.filter(register_wh=80)
    assert late.count() == 1
    rows["reading"] += list(late.values_list())
    monkeypatch.undo()
    archive_month(MONTH, EVERY, **WHO)
    assert_archived(rows)


CUTS = ("write_file", "_on_record", "check", "_dropped", "_remove_batch")


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("name", CUTS)
def test_cut_short_anywhere_it_is_gone_over_again(rows, monkeypatch, name, after):
    step, calls = getattr(archiving, name), []

    def cut(*arguments, **named):
        calls.append(name)
        if not after:
            raise Killed
        step(*arguments, **named)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(archiving, name, cut)
        if name == "_remove_batch":
            patch.setattr(archiving, "_dropped", lambda *_: False)
        with pytest.raises(Killed):
            archive_month(MONTH, EVERY, **WHO)
    reading(FROM_MS + 6, 60)
    rows["reading"] += list(Reading.objects.filter(register_wh=60).values_list())
    finish_removals(NOW_MS)
    archive_month(MONTH, EVERY, **WHO)
    assert_archived(rows)


def test_a_month_that_could_not_be_dropped_while_somebody_read_is_dropped_later(rows, monkeypatch):
    """As while the night's backup dumps it. Twenty million rows must not go one by one for that."""
    if connections["telemetry"].vendor != "postgresql":
        pytest.skip("SQLite has nothing to drop")
    make_partitions(NOW_MS)
    with monkeypatch.context() as patch:
        patch.setattr(archiving, "drop_partition", Mock(side_effect=OperationalError("lock timeout")))
        with pytest.raises(OperationalError):
            archive_month(MONTH, EVERY, **WHO)
    with monkeypatch.context() as patch:
        patch.setattr(archiving, "_remove_batch", Mock(side_effect=AssertionError("row by row")))
        assert finish_removals(NOW_MS) == 1
    assert MONTH not in months_there(connections["telemetry"], Reading._meta.db_table)
    assert_archived(rows)


@contextmanager
def disk_of(size):
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_removes_nothing_and_leaves_nothing(rows, folder):
    with disk_of(1000), pytest.raises(OSError, match="large"):
        archive_month(MONTH, EVERY, **WHO)
    assert in_tables() == rows
    assert list(folder.iterdir()) == []
    archive_month(MONTH, EVERY, **WHO)
    assert_archived(rows)


def test_a_file_that_reads_back_otherwise_removes_nothing(rows, folder, monkeypatch):
    def rotten(path):
        content = bytearray(path.read_bytes())
        content[120] ^= 1
        path.write_bytes(content)
        return whole(path)

    whole = archive_file.check_file
    monkeypatch.setattr(archive_file, "check_file", rotten)
    with pytest.raises(ArchiveDamaged):
        archive_month(MONTH, EVERY, **WHO)
    assert in_tables() == rows
    assert not ArchivedMonth.objects.exists()


def test_every_changed_byte_of_a_file_is_noticed(rows):
    made = archive_month(MONTH, EVERY, **WHO)
    content = path_of(made).read_bytes()
    for place in range(0, len(content), 97):
        path_of(made).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(ArchiveDamaged):
            check(made)


def test_a_file_of_another_life_is_kept(rows, folder):
    folder.mkdir()
    other = folder / f"telemetry-{MONTH // 12}-{MONTH % 12 + 1:02d}-1.zip"
    other.write_bytes(b"written before the backup was restored")
    assert archive_month(MONTH, EVERY, **WHO).part == 2
    assert other.read_bytes() == b"written before the backup was restored"
    assert_archived(rows)


def test_a_month_comes_back_for_a_dispute_and_goes_again(rows):
    archive_month(MONTH, EVERY, **WHO)
    reading(FROM_MS + 7, 70)
    late = list(Reading.objects.filter(register_wh=70).values_list())
    assert load_back(MONTH, **WHO) == load_back(MONTH, **WHO) == 6
    back = in_tables()
    assert back["reading"] == rows["reading"] + late
    assert {name: found for name, found in back.items() if name != "reading"} == {
        name: found for name, found in rows.items() if name != "reading"
    }
    assert put_away(MONTH, **WHO) == 6
    assert list(Reading.objects.filter(wall_ms__gte=FROM_MS, wall_ms__lt=UNTIL_MS).values_list()) == late
    archive_month(MONTH, EVERY, **WHO)
    rows["reading"] += late
    assert_archived(rows)
    assert load_back(MONTH - 1, **WHO) == put_away(MONTH, **WHO) == BackRefusal.NO_ARCHIVE
