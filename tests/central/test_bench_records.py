"""Bench records at central: taken in once, as they are; damaged, changed, foreign or hostile ones by name not at all (R-4.3.1)."""

import hashlib
import json
from argparse import Namespace
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client
from django.utils import translation

from central.config.commands.bench_records import import_bench
from central.ledger.models import AuditEntry
from central.office.models import User
from central.workshop.bench.models import BenchRecord as Kept
from central.workshop.bench.operations import Taken, import_record
from gateway.contract.bench_record import (
    MAX_BYTES,
    BenchRecord,
    BenchTest,
    Occasion,
    RecordRefusal,
    Verdict,
    canonical,
    read_record,
    write_record,
)

pytestmark = pytest.mark.django_db

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw().hex()
NOW_MS = 1_795_000_000_000
RECORD = BenchRecord(
    v=1,
    id="ab" * 16,
    occasion=Occasion.GOODS_IN,
    at_ms=NOW_MS - 60_000,
    verdict=Verdict.FAILED,
    model="generic-dlt645-2007",
    maker="正泰",
    identity="002411110002",
    order="PO-1",
    tests=(
        BenchTest("identity", Verdict.PASSED),
        BenchTest("energy", Verdict.FAILED, "counts-wrong", {"error_milli_percent": 4_100}),
    ),
)


def take(file: bytes, *trusted: str) -> Taken | RecordRefusal:
    return import_record(file, trusted=frozenset(trusted), actor="console", now_ms=NOW_MS)


def test_a_record_is_taken_in_once_with_its_audit_entry() -> None:
    file = write_record(RECORD, KEY)
    assert take(file, PUBLIC) is Taken.IMPORTED
    assert take(file, PUBLIC) is Taken.EXISTS
    other = msgspec.structs.replace(RECORD, order="PO-2")
    assert take(write_record(other, KEY)) is Taken.EXISTS_WITH_DIFFERENT
    kept = Kept.objects.get()
    assert (kept.order, kept.signer, kept.verdict) == ("PO-1", PUBLIC, "failed")
    assert AuditEntry.objects.filter(action="import-bench", subject=RECORD.id).count() == 1


def changed(**fields: object) -> bytes:
    document = json.loads(write_record(RECORD, KEY))
    document["record"] |= fields
    return json.dumps(document).encode()


def rehashed(**fields: object) -> bytes:
    """As somebody writes it who knows the hash and has no key."""
    document = json.loads(write_record(RECORD))
    document["record"] |= fields
    document["sha256"] = hashlib.sha256(canonical(document["record"])).hexdigest()
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("file", "refusal"),
    [
        (changed(verdict="passed"), RecordRefusal.CHANGED),
        (changed(new_field=1), RecordRefusal.CHANGED),
        (changed(order="a\0"), RecordRefusal.MALFORMED),
        (changed(order="\ud800"), RecordRefusal.MALFORMED),
        (rehashed(verdict="passed"), RecordRefusal.MALFORMED),
        (rehashed(at_ms=1.5), RecordRefusal.MALFORMED),
        (rehashed(at_ms=10**30), RecordRefusal.MALFORMED),
        (rehashed(v=2), RecordRefusal.UNSUPPORTED_VERSION),
        (rehashed(v="1"), RecordRefusal.MALFORMED),
        (rehashed(model="x" * 81), RecordRefusal.MALFORMED),
        (rehashed(tests=[]), RecordRefusal.MALFORMED),
        (b"", RecordRefusal.NOT_JSON),
        (b"[" * 100_000, RecordRefusal.NOT_JSON),
        (b"9" * 10_000, RecordRefusal.NOT_JSON),
        (b'{"record": {}, "record": {}}', RecordRefusal.NOT_JSON),
        (b"null", RecordRefusal.MALFORMED),
        (b"\xff\xfe", RecordRefusal.NOT_JSON),
        (b" " * (MAX_BYTES + 1), RecordRefusal.TOO_LONG),
    ],
)
def test_what_is_no_whole_record_is_refused_by_name(file: bytes, refusal: RecordRefusal) -> None:
    assert take(file) is refusal
    assert not Kept.objects.exists()


def test_a_foreign_key_a_missing_and_a_false_signature_are_told_apart() -> None:
    stranger = Ed25519PrivateKey.generate()
    assert take(write_record(RECORD), PUBLIC) is RecordRefusal.UNKNOWN_KEY
    assert take(write_record(RECORD, stranger), PUBLIC) is RecordRefusal.UNKNOWN_KEY
    document = json.loads(write_record(RECORD, stranger))
    document["key"] = PUBLIC
    for key, signature in ((PUBLIC, document["signature"]), (7, [1]), (PUBLIC, "")):
        forged = json.dumps(document | {"key": key, "signature": signature}).encode()
        assert take(forged) is RecordRefusal.FORGED
    assert read_record(rehashed(newer={"a": [1, None]})).record == RECORD  # type: ignore[union-attr]


def test_the_command_names_each_file_that_it_leaves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "good.json").write_bytes(write_record(RECORD))
    (tmp_path / "bad.json").write_bytes(changed(order="PO-9"))
    with translation.override("en"):
        assert import_bench(Namespace(files=[str(tmp_path), str(tmp_path / "none.json")], key=[])) == 1
    out, err = capsys.readouterr()
    assert out == "1 imported, 0 known already, 2 not taken in\n"
    assert "bad.json: not taken in: it was changed" in err
    assert "none.json: not taken in: No such file" in err
    (tmp_path / "good.json").write_bytes(write_record(msgspec.structs.replace(RECORD, order="PO-2")))
    with translation.override("zh-hans"):
        assert import_bench(Namespace(files=[str(tmp_path / "good.json")], key=[])) == 1
    assert "该编号已有不同内容的记录；两者之一被改动过 (exists-with-different)" in capsys.readouterr().err
    assert import_bench(Namespace(files=[str(tmp_path)], key=["no-key"])) == 2


def test_the_page_lists_them_with_what_failed(client: Client) -> None:
    take(write_record(RECORD))
    user = User.objects.create_user("tina", role=User.Role.TECHNICIAN)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    page = client.get("/workshop/bench/").content.decode()
    assert "002411110002" in page
    assert "energy: it counts wrong" in page
    assert "002411110002" not in client.get("/workshop/bench/?verdict=passed").content.decode()
