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
from gunicorn.app.base import BaseApplication

from central.campus.rule_words import mistake_words
from central.campus.rules import stored_mistakes
from central.config import data_folder
from central.config.commands.set_up import pending_migrations
from central.ingest.process import Broker, Ingest


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
    if not _is_loopback(options.host) and not settings.BEHIND_HTTPS:
        print(
            f"warning: {options.host} is reachable from other machines and passwords travel unencrypted; "
            "put a TLS proxy before it and set CARDROOM_HTTPS=1",
            file=sys.stderr,
        )
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
            # Said when the port is open, not before: who reads it may come at once.
            "when_ready": lambda _server: print(f"serving on {address}", flush=True),
        }
    ).run()
    return 0


def ingest(options: Namespace) -> int:
    """Receive from and send to the gateways until interrupted."""
    if not is_ready():
        return 2
    broker = Broker(
        host=options.mqtt_host,
        port=options.mqtt_port,
        username=options.mqtt_username,
        password=_broker_password(options.mqtt_password_file),
        ca_file=options.mqtt_ca_file,
        certificate_file=options.mqtt_certificate_file,
        key_file=options.mqtt_key_file,
    )
    try:
        process = Ingest(broker)
    except OSError as error:
        files = ", ".join(filter(None, (broker.ca_file, broker.certificate_file, broker.key_file)))
        print(
            f"the certificates for the broker can't be used ({error.strerror or error}): {files}. Each must be there, readable by "
            "this user, and PEM; `cardroom-central broker-config` writes them and prints their names",
            file=sys.stderr,
        )
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.stop())
    print(f"ingest: broker {broker.host}:{broker.port}", flush=True)
    process.run()
    return 0


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
