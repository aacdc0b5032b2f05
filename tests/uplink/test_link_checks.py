"""`doctor` on the way to a real Mosquitto: each step that fails is told apart; a certificate is judged by dates, name and key."""

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.adapters.mqtt_session import Broker
from gateway.contract.identifiers import GatewayId
from gateway.technician.checks.certificate import judge_certificate, read_certificate
from gateway.technician.checks.link import judge_link
from gateway.technician.checks.link_gather import probe_way
from gateway.technician.findings import Level
from tests.brokers import start_mosquitto
from tests.free_ports import free_port
from tests.uplink.certificates import make_authority, make_client

B1 = GatewayId("b1")
GONE_BY = datetime(2021, 1, 1, tzinfo=UTC)
NOW_MS = int(datetime(2026, 11, 30, tzinfo=UTC).timestamp()) * 1000
DAY_MS = 86_400_000


async def code_of(broker: Broker) -> str:
    finding = judge_link(await probe_way(broker, B1, None), broker.host, broker.port, B1)
    assert finding.what
    assert finding.level is Level.GOOD or (finding.why and finding.next_step), finding
    return finding.code


async def test_the_way_ends_where_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    assert await code_of(Broker("127.0.0.1", port)) == "link-connection-refused"

    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    with monkeypatch.context() as patched:
        patched.setattr(socket, "getaddrinfo", unknown)
        assert await code_of(Broker("broker.invalid", port)) == "link-name-unknown"
    silent = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", port)
    assert await code_of(Broker("127.0.0.1", port, connect_timeout_ms=300)) == "link-no-answer"
    silent.close()
    acl, passwords = tmp_path / "acl", tmp_path / "passwords"
    acl.write_text("user nobody\ntopic readwrite #\n")
    passwords.write_text("")
    with start_mosquitto(tmp_path, free_port()) as broker:
        assert await code_of(Broker("127.0.0.1", broker.port)) == "link-good"
    with start_mosquitto(tmp_path, free_port(), f"acl_file {acl}") as broker:
        assert await code_of(Broker("127.0.0.1", broker.port)) == "link-not-authorised"
    with start_mosquitto(
        tmp_path, free_port(), "allow_anonymous false", f"password_file {passwords}"
    ) as broker:
        refused = await code_of(Broker("127.0.0.1", broker.port, username="b1", password="wrong"))
        assert refused in ("link-wrong-password", "link-not-authorised")


async def test_certificates_are_refused_by_name(tmp_path: Path) -> None:
    ours, other = make_authority(tmp_path / "ours"), make_authority(tmp_path / "other")
    good = make_client(ours, "b1")
    expired = make_client(ours, "expired", ends=GONE_BY)
    strange = make_client(ours, "strange", authority=other)
    settings = (
        f"cafile {ours / 'ca.pem'}", f"certfile {ours / 'broker.pem'}", f"keyfile {ours / 'broker.key'}",
        "require_certificate true", "use_identity_as_username true",
    )  # fmt: skip

    def broker(client: tuple[Path, Path] | None, ca: Path = ours) -> Broker:
        certificate, key = client or (None, None)
        return Broker(
            "127.0.0.1",
            running.port,
            tls=True,
            ca_file=ca / "ca.pem",
            certificate_file=certificate,
            key_file=key,
        )

    with start_mosquitto(tmp_path, free_port(), *settings) as running:
        assert await code_of(broker(good)) == "link-good"
        for refused in (expired, strange, None):
            assert await code_of(broker(refused)) == "link-certificate-refused"
        assert await code_of(broker(good, other)) == "link-broker-untrusted"
        assert await code_of(Broker("127.0.0.1", running.port)) in ("link-lost", "link-no-answer")
    with start_mosquitto(tmp_path, free_port()) as running:
        assert await code_of(broker(good)) == "link-no-tls"


def test_a_certificate_is_judged_before_it_is_too_late(tmp_path: Path) -> None:
    ours = make_authority(tmp_path / "ours")
    good, key = make_client(ours, "b1")
    expired, expired_key = make_client(ours, "b2", ends=GONE_BY)

    def codes(certificate: Path, with_key: Path, gateway: str, now_ms: int = NOW_MS) -> list[str]:
        return [
            found.code
            for found in judge_certificate(read_certificate(certificate, with_key), gateway, now_ms)
        ]

    assert codes(good, key, "b1") == ["certificate-good"]
    assert codes(expired, expired_key, "b2") == ["certificate-expired"]
    assert codes(expired, expired_key, "b2", int(GONE_BY.timestamp()) * 1000 - 5 * DAY_MS) == [
        "certificate-expires-soon"
    ]
    assert codes(good, expired_key, "b3") == [
        "certificate-without-key",
        "certificate-of-another",
        "certificate-good",
    ]
    assert codes(key, key, "b1") == ["certificate-unreadable"]
    assert codes(good, key, "b1", 0) == ["certificate-not-yet"]
