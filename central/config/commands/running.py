"""`serve` and `ingest`: the two processes of central. They share the databases and nothing else."""

import ipaddress
import os
import signal
import socket
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from gunicorn.app.base import BaseApplication

from central.campus.rule_words import mistake_words
from central.campus.rules import stored_mistakes
from central.config import data_folder
from central.config.commands.set_up import pending_migrations
from central.domain.shares import MOST_WORKERS, Share, broker_named, share_named
from central.ingest.process import Broker, Ingest
from central.link.broker_files import INGEST_FILE, ingest_file


class _WebServer(BaseApplication):  # type: ignore[misc] # gunicorn is untyped
    """Gunicorn with settings of ours: threads in few processes, no control socket, nothing read from the environment."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        from central.config.wsgi import application

        return application


def serve(options: Namespace) -> int:
    """Serve the pages until interrupted; on loopback unless told otherwise."""
    if not is_ready():
        return 2
    if warning := exposed(options.host):
        print(f"warning: {warning}", file=sys.stderr)
    if not _port_is_free(options.host, options.port):
        print(
            f"port {options.port} on {options.host} can't be opened: another program uses it, or the address isn't ours. "
            "Stop that program or choose another with --port.",
            file=sys.stderr,
        )
        return 1
    address = f"http://{options.host}:{options.port}/"
    _WebServer(
        {
            "bind": f"[{options.host}]:{options.port}"
            if ":" in options.host
            else f"{options.host}:{options.port}",
            "worker_class": "gthread",
            "workers": options.workers,
            "threads": options.threads,
            "control_socket_disable": True,
            "accesslog": None,
            "loglevel": "warning",
            "graceful_timeout": 10,
            "post_worker_init": lambda worker: worker.wsgi.begin_writing(),
            # Said when the port is open, not before: who reads it may come at once.
            "when_ready": lambda _server: print(f"serving on {address}", flush=True),
        }
    ).run()
    return 0


def exposed(host: str) -> str:
    """Say what is dangerous about an address that other machines reach; "" for one of this machine alone."""
    if _is_loopback(host):
        return ""
    if settings.BEHIND_HTTPS:
        return (
            f"{host} is reachable from other machines: who comes past the proxy is believed about his own address and TLS, "
            "and no limit of tries holds him; let the proxy's machine alone reach this port"
        )
    return (
        f"{host} is reachable from other machines and passwords travel unencrypted; "
        "put a TLS proxy before it and set CARDROOM_HTTPS=1"
    )


def ingest(options: Namespace) -> int:
    """Receive from and send to the gateways until interrupted; as one worker of several where `--worker` says so."""
    if not is_ready():
        return 2
    share, places = _share(options.worker), _brokers(options)
    if share is None or places is None:
        return 2
    certificate = _certificate_of(share, options.mqtt_certificate_file)
    if certificate is None:
        return 2
    brokers = [
        Broker(
            host=host,
            port=port,
            username=options.mqtt_username,
            password=_broker_password(options.mqtt_password_file),
            ca_file=options.mqtt_ca_file,
            certificate_file=certificate,
            key_file=options.mqtt_key_file,
        )
        for host, port in places
    ]
    try:
        process = Ingest(*brokers, share=share)
    except OSError as error:
        files = ", ".join(filter(None, (options.mqtt_ca_file, certificate, options.mqtt_key_file)))
        print(
            f"the certificates for the broker can't be used ({error.strerror or error}): {files}. Each must be there, readable by "
            "this user, and PEM; `cardroom-central broker-config` writes them and prints their names",
            file=sys.stderr,
        )
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop())
    where = ", ".join(f"{host}:{port}" for host, port in places)
    who = "ingest" if share.is_whole else f"ingest, worker {share}"
    print(f"{who}: {'broker' if len(places) == 1 else 'brokers'} {where}", flush=True)
    process.run()
    return 0


def _share(text: str) -> Share | None:
    """Read `--worker`; None after saying what is wrong with it."""
    share = share_named(text) if text else Share()
    if share is None:
        print(
            f"--worker {text} names no share: write it as 1/2, the worker's number and how many there are, at most {MOST_WORKERS}",
            file=sys.stderr,
        )
    elif not share.is_whole and connection.vendor != "postgresql":
        print(
            "SQLite has one writer, so ingest stays one process there: leave --worker away, or set DATABASE_URL and "
            "TELEMETRY_DATABASE_URL to PostgreSQL (docs/scale.md)",
            file=sys.stderr,
        )
        return None
    return share


def _brokers(options: Namespace) -> list[tuple[str, int]] | None:
    """Give where the brokers are; None after saying which of them names none."""
    texts = options.mqtt_broker or list(filter(None, os.environ.get("CARDROOM_MQTT_BROKERS", "").split(",")))
    if not texts:
        return [(options.mqtt_host, options.mqtt_port)]
    places = []
    for text in texts:
        place = broker_named(text)
        if place is None:
            print(
                f"{text!r} names no broker: write host:port, such as broker-2.example.edu:8883 "
                "(--mqtt-broker again for each, or CARDROOM_MQTT_BROKERS with commas between)",
                file=sys.stderr,
            )
            return None
        places.append(place)
    return list(dict.fromkeys(places))


def _certificate_of(share: Share, file_name: str) -> str | None:
    """A worker comes by a certificate of its own, beside ingest's: the broker throws out the elder of two with one name."""
    if share.is_whole or not file_name:
        return file_name
    own = Path(file_name).with_name(ingest_file(share.number))
    if Path(file_name).name != INGEST_FILE or own.exists():
        return str(own) if own.exists() else file_name
    print(
        f"worker {share} needs a certificate of its own, {own}: run `cardroom-central broker-config` "
        f"again with --workers {share.of}",
        file=sys.stderr,
    )
    return None


def is_ready() -> bool:
    """Say whether `init` has been run for this version; if not, say what to do. Name what is stored that no gateway would take."""
    if not data_folder.is_initialised():
        print(
            f"{data_folder.folder()} holds no central; run `cardroom-central --data {data_folder.folder()} init`",
            file=sys.stderr,
        )
        return False
    pending = pending_migrations()
    if pending:
        print(
            f"the databases lack {len(pending)} migrations (first: {pending[0]}); run `cardroom-central init`",
            file=sys.stderr,
        )
    for mistake in [] if pending else stored_mistakes():
        print(f"warning: {mistake_words(mistake)}", file=sys.stderr)
    return not pending


def _broker_password(file_name: str) -> str:
    if file_name:
        return Path(file_name).read_text(encoding="utf-8").strip()
    return os.environ.get("CARDROOM_MQTT_PASSWORD", "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _port_is_free(host: str, port: int) -> bool:
    try:
        with socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
            return True
    except (OSError, OverflowError):
        return False
