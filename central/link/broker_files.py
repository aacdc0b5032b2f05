"""Writes what a Mosquitto needs into a folder, and writes it again when somebody was revoked or the broker's certificate ends soon.

The folder belongs to central's user, with the broker's group and the setgid bit, so that the broker reads what is written here.
Ingest's own certificate stays in the data folder. Nothing here speaks with the broker: systemd sees the files change.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from django.db import transaction

from central.domain import broker_config, certificates
from central.domain.certificates import Authority
from central.domain.shares import MOST_WORKERS
from central.link.authority import folder, load_authority, new_key
from central.link.models import BrokerFiles, GatewayCertificate
from central.link.whole_files import write_whole

INGEST_FILE = "ingest.pem"
"""Ingest's certificate and key, in the data folder."""
READABLE, BY_GROUP, PRIVATE = 0o644, 0o640, 0o600


class NotWritten(StrEnum):
    """Why the broker's files are as they were."""

    NO_AUTHORITY = "no-authority"
    NO_FOLDER = "no-folder"
    """`broker-config` was never run: there is no broker to tell."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the files: those that changed, or why none did; `detail` is the system's word on a failure."""

    folder: str
    changed: tuple[str, ...] = ()
    why_not: NotWritten | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the broker is to be."""

    folder: Path
    hosts: tuple[str, ...]
    port: int
    store: str
    own_lines: tuple[str, ...] = ()
    """More lines of its configuration; a test's broker needs some."""
    workers: int = 0
    """Certificates for so many workers of ingest are made beside its own, and kept from then on."""


def configure(wanted: Wanted, now_ms: int) -> Written:
    """Write a whole configuration into a folder and remember where it is. What is as it should be stays; repeat it at will.

    Raises AuthorityUnreadable.
    """
    by = load_authority()
    if by is None:
        return Written(str(wanted.folder), why_not=NotWritten.NO_AUTHORITY)
    place = str(wanted.folder)
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        texts = {
            broker_config.CONFIGURATION: broker_config.configuration(
                place, wanted.port, wanted.store, wanted.own_lines
            ),
            broker_config.ACCESS_LIST: broker_config.access_list(),
            broker_config.AUTHORITY: certificates.pem(by.certificate),
        }
        changed = [
            name for name, text in texts.items() if write_whole(wanted.folder / name, text, mode=READABLE)
        ]
        with transaction.atomic():
            row = BrokerFiles.objects.select_for_update().first() or BrokerFiles(
                written_ms=now_ms, port=wanted.port
            )
            row.folder, row.hosts, row.port, row.store = place, list(wanted.hosts), wanted.port, wanted.store
            row.save()
            changed += _write_keys(row, by, now_ms, wanted.workers)
    except OSError as error:
        return Written(place, why_not=NotWritten.FAILED, detail=error.strerror or str(error))
    return Written(place, tuple(changed))


def write_again(now_ms: int) -> Written:
    """Write who is revoked now, and new certificates of broker and ingest where a third of their life is left or less."""
    row = BrokerFiles.objects.first()
    if row is None:
        return Written("", why_not=NotWritten.NO_FOLDER)
    by = load_authority()
    if by is None:
        return Written(row.folder, why_not=NotWritten.NO_AUTHORITY)
    try:
        with transaction.atomic():
            changed = _write_keys(BrokerFiles.objects.select_for_update().get(pk=row.pk), by, now_ms)
    except OSError as error:
        return Written(row.folder, why_not=NotWritten.FAILED, detail=error.strerror or str(error))
    return Written(row.folder, tuple(changed))


def broker_ends_ms() -> int | None:
    """Give when the broker's or ingest's certificate ends, whichever is first; None where there is none to be read."""
    row = BrokerFiles.objects.first()
    own = [folder() / ingest_file(worker) for worker in _ingests()]
    paths = [Path(row.folder) / broker_config.CERTIFICATE, *own] if row else []
    found = [one for path in paths if (one := _read(path)) is not None]
    return min(map(certificates.until_ms, found), default=None)


def ingest_file(worker: int = 0) -> str:
    """Name the file of ingest's certificate and key, or of one of its workers'."""
    return f"ingest-{worker}.pem" if worker else INGEST_FILE


def _ingests() -> list[int]:
    """Ingest itself, and the workers who have certificates."""
    return [
        0,
        *(worker for worker in range(1, MOST_WORKERS + 1) if (folder() / ingest_file(worker)).exists()),
    ]


def _write_keys(row: BrokerFiles, by: Authority, now_ms: int, workers: int = 0) -> list[str]:
    place, changed = Path(row.folder), []
    if _write_server(place / broker_config.CERTIFICATE, by, row.hosts, now_ms):
        changed.append(broker_config.CERTIFICATE)
    changed += [
        ingest_file(worker)
        for worker in sorted({*_ingests(), *range(1, workers + 1)})
        if _write_ingest(worker, by, now_ms)
    ]
    if _write_revoked(place / broker_config.REVOKED, by, row, now_ms):
        changed.append(broker_config.REVOKED)
    if changed or row.pk is None:
        row.written_ms = now_ms
        row.save()
    return changed


def _write_server(path: Path, by: Authority, hosts: list[str], now_ms: int) -> bool:
    # Ingest is on the broker's machine in most houses and comes by its own address.
    named = list(dict.fromkeys([*hosts, "localhost", "127.0.0.1", "::1"]))
    found = _read(path)
    if (
        found is not None
        and _is_good(found, by, now_ms)
        and set(_hosts_of(found)) == {one.lower() for one in named}
    ):
        return False
    key = new_key()
    span = certificates.span_of_days(now_ms, certificates.BROKER_DAYS)
    made = certificates.broker_certificate(by, key.public_key(), named, x509.random_serial_number(), span)
    return write_whole(path, certificates.pem(made) + certificates.key_pem(key), mode=BY_GROUP)


def _write_ingest(worker: int, by: Authority, now_ms: int) -> bool:
    path = folder() / ingest_file(worker)
    found = _read(path)
    if found is not None and _is_good(found, by, now_ms):
        return False
    key = new_key()
    span = certificates.span_of_days(now_ms, certificates.BROKER_DAYS)
    made = certificates.client_certificate(
        by, key.public_key(), certificates.ingest_name(worker), x509.random_serial_number(), span
    )
    return write_whole(path, certificates.pem(made) + certificates.key_pem(key), mode=PRIVATE)


def _write_revoked(path: Path, by: Authority, row: BrokerFiles, now_ms: int) -> bool:
    """Write the list where it says something else than what is revoked; what has lapsed by itself need not be on it.

    What is on it and unknown here stays: after an older backup of the database was put back, nobody is let in again by it.
    """
    rows = GatewayCertificate.objects.exclude(revoked_ms=None).order_by("pk")
    known = {int(one.serial, 16): one for one in rows.defer("pem")}
    revoked = {serial: one.revoked_ms or 0 for serial, one in known.items() if one.expires_ms > now_ms}
    there = _list_on(path, by)
    listed = {one.serial_number: _ms(one.revocation_date_utc) for one in there or ()}
    lapsed_ms = now_ms - certificates.GATEWAY_DAYS * certificates.DAY_MS
    revoked |= {
        serial: at_ms for serial, at_ms in listed.items() if serial not in known and at_ms > lapsed_ms
    }
    if there is not None and listed.keys() == revoked.keys() and _ms(there.last_update_utc) <= now_ms:
        return False
    row.crl_number = max(row.crl_number, _number_of(there)) + 1
    made = certificates.revocation_list(by, list(revoked.items()), row.crl_number, now_ms)
    return write_whole(path, certificates.pem(made), mode=READABLE)


def _list_on(path: Path, by: Authority) -> x509.CertificateRevocationList | None:
    try:
        found = x509.load_pem_x509_crl(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return found if found.is_signature_valid(by.key.public_key()) else None


def _number_of(found: x509.CertificateRevocationList | None) -> int:
    return (
        found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number if found is not None else 0
    )


def _ms(instant: datetime) -> int:
    return int(instant.timestamp()) * 1000


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _is_good(found: x509.Certificate, by: Authority, now_ms: int) -> bool:
    """Say whether a certificate is of this authority and far from its end."""
    span = certificates.Span(_ms(found.not_valid_before_utc), certificates.until_ms(found))
    return certificates.is_of(by, found) and certificates.is_fresh(span, now_ms)


def _hosts_of(found: x509.Certificate) -> list[str]:
    try:
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))]
