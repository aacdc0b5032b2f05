"""`ca`, `broker-config`, `revoke`: who is let in at the broker, and who no longer."""

import grp
import os
import stat
import sys
from argparse import Namespace
from pathlib import Path

from django.db import transaction

from central import clock
from central.config import data_folder
from central.config.commands.running import is_ready
from central.domain import certificates
from central.domain.certificates import Authority
from central.domain.shares import MOST_WORKERS
from central.ledger.operations import record_audit
from central.link.authority import (
    CERTIFICATE_FILE,
    KEY_FILE,
    load_authority,
    make_authority,
)
from central.link.broker_files import INGEST_FILE, NotWritten, Wanted, Written, configure
from central.link.revoking import Revoked, RevokeRefusal, revoke_gateway

BROKER_GROUP = "mosquitto"
RESTART = "sudo systemctl restart mosquitto"
NO_AUTHORITY = "there is no certificate authority yet; make it: cardroom-central ca"
REVOKE_ADVICE = {
    RevokeRefusal.UNKNOWN_GATEWAY: "there is no gateway {gateway}; `cardroom-central status` lists them",
    RevokeRefusal.NO_REASON: "say why: --why '...' stays on record",
    RevokeRefusal.ALREADY: "gateway {gateway} was revoked before; `cardroom-central enrol` brings its building back",
}


def authority(options: Namespace) -> int:
    """Make the certificate authority once, or show it; exit code 1 when there is none to show."""
    if not is_ready():
        return 2
    now_ms = clock.now_ms()
    if options.act == "show":
        found = load_authority()
        return _show(found) if found is not None else _failed(NO_AUTHORITY)
    made = make_authority(options.name, now_ms)
    if made.is_new:
        with transaction.atomic():
            print_of = certificates.fingerprint(made.authority.certificate)
            record_audit(
                actor="console", action="make-authority", subject="", detail=print_of[:39], now_ms=now_ms
            )
    print(
        "made the certificate authority"
        if made.is_new
        else "the certificate authority is there; nothing to do"
    )
    return _show(made.authority)


def broker_config(options: Namespace) -> int:
    """Write a whole Mosquitto configuration into a folder; exit code 1 when it can't be written, 2 for what names no machine."""
    if not is_ready():
        return 2
    folder = os.path.abspath(options.folder)
    if wrong := [host for host in options.host if not certificates.is_host(host)]:
        return _senseless(
            f"{wrong[0]!r} names no machine; give --host a name such as cards.example.edu, or an address"
        )
    if not 1 <= options.port <= 65_535:
        return _senseless(f"{options.port} is no port; choose one from 1 to 65535")
    if not folder.isprintable() or len(folder) > 400:
        return _senseless("the folder's name holds signs that a configuration can't; choose another")
    if not 0 <= options.workers <= MOST_WORKERS:
        return _senseless(f"{options.workers} workers are not possible; choose up to {MOST_WORKERS}")
    now_ms = clock.now_ms()
    wanted = Wanted(Path(folder), tuple(options.host), options.port, options.store, workers=options.workers)
    written = configure(wanted, now_ms)
    if written.why_not is not None:
        return _failed(_why_not(written))
    if written.changed:
        with transaction.atomic():
            about = f"{', '.join(options.host)}:{options.port}"
            record_audit(
                actor="console", action="write-broker-config", subject="", detail=about, now_ms=now_ms
            )
    _say_configured(written, options.port)
    return 0


def revoke(options: Namespace) -> int:
    """Revoke a gateway in one act; exit code 1 when the broker's list could not be written: then a person must do it."""
    if not is_ready():
        return 2
    done = revoke_gateway(options.gateway, options.why, actor="console", now_ms=clock.now_ms())
    if isinstance(done, RevokeRefusal):
        return _senseless(REVOKE_ADVICE[done].format(gateway=options.gateway))
    print(f"gateway {options.gateway} is revoked: nothing that it says is believed from now on")
    print(f"to bring the building back: cardroom-central enrol {done.building}")
    return _say_told(done)


def _say_told(done: Revoked) -> int:
    written = done.written
    if written.why_not is None:
        print(f"the broker's list of revoked certificates is written: {written.folder}")
        print(
            "the broker reads it when it starts again; the unit mosquitto-cardroom.path does that at once. Without it: "
            f"{RESTART}"
        )
        return 0
    if written.why_not is NotWritten.NO_FOLDER:
        print(
            "no broker is configured here, so none was told. If your broker asks for passwords, take the gateway's out of its "
            f"list (sudo mosquitto_passwd -D FILE {done.gateway}), then: {RESTART}"
        )
        return 0
    return _failed(
        f"the gateway may still connect to the broker, and is believed nothing: {_why_not(written)}"
    )


def _why_not(written: Written) -> str:
    if written.why_not is NotWritten.NO_AUTHORITY:
        return NO_AUTHORITY
    return (
        f"the broker's files in {written.folder} can't be written ({written.detail}); give the folder to this user "
        f"(sudo install -d -o cardroom -g mosquitto -m 2750 {written.folder}), then run `cardroom-central broker-config "
        f"{written.folder} --host NAME` and: {RESTART}"
    )


def _say_configured(written: Written, port: int) -> None:
    for name in written.changed:
        print(f"written: {data_folder.folder() if name.startswith('ingest') else written.folder}/{name}")
    print("changed" if written.changed else "everything is as it should be; nothing to do")
    if not _is_readable_by_broker(Path(written.folder)):
        print(
            f"note: {written.folder} is not the group mosquitto's, so a broker that runs as mosquitto can't read its key: "
            f"sudo install -d -o cardroom -g mosquitto -m 2750 {written.folder}, remove what is in it, and run this again"
        )
    print(
        f"the broker: mosquitto -c {written.folder}/mosquitto.conf (systemd: the drop-in mosquitto-cardroom.conf)"
    )
    print("ingest: these lines in /etc/cardroom/central.env, then restart cardroom-ingest")
    here = data_folder.folder()
    print(f"  CARDROOM_MQTT_PORT={port}\n  CARDROOM_MQTT_CA_FILE={here / CERTIFICATE_FILE}")
    print(f"  CARDROOM_MQTT_CERTIFICATE_FILE={here / INGEST_FILE}")


def _is_readable_by_broker(folder: Path) -> bool:
    """Say whether the folder gives what is written there to the broker's group; on a machine without one nobody knows."""
    try:
        broker = grp.getgrnam(BROKER_GROUP).gr_gid
    except KeyError:
        return True
    seen = folder.stat()
    return seen.st_gid == broker and bool(seen.st_mode & stat.S_ISGID)


def _show(found: Authority) -> int:
    here = data_folder.folder()
    print(
        f"certificate: {here / CERTIFICATE_FILE}, until {clock.local(certificates.until_ms(found.certificate)):%Y-%m-%d}"
    )
    print(f"SHA-256: {certificates.fingerprint(found.certificate)}")
    print(f"its key {here / KEY_FILE} belongs into the backup, and on no other machine")
    return 0


def _failed(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _senseless(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 2
