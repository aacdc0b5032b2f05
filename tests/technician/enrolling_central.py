"""Central's two addresses for gateways, by the contract alone: enrols by a code, renews by an envelope, or misbehaves."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.x509.oid import NameOID

from gateway.contract.enrolment import (
    CERTIFICATE,
    RENEW,
    EnrolAnswer,
    EnrolRequest,
    RenewAnswer,
    RenewRequest,
    SealedAnswer,
    SealedText,
    answer_mac,
    enrolment_key,
    is_proved,
    request_mac,
    write_enrolment_code,
)
from gateway.contract.envelope import KeySigner, Sealed, body_of, key_id_of, keyring_from_hex, seal, unseal

LETTERS = write_enrolment_code(list(range(1, 16)))
NOW = datetime.now(UTC)


class Authority:
    """A certificate authority of the test's own."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        self.certificate = self._signed(self.name, self.key.public_key(), 3650, ca=True)

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def client(self, public_key: Any, name: str, days_left: float = 90, days_old: float = 0) -> str:
        """A certificate for a client: PEM."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._signed(subject, public_key, days_left, days_old)
        return made.public_bytes(serialization.Encoding.PEM).decode()

    def server(self, path: Path) -> Path:
        """A certificate with its key for 127.0.0.1, in one file."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        made = self._signed(subject, key.public_key(), 90, server=True)
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + secret)
        return path

    def _signed(
        self, subject: x509.Name, public_key: Any, days_left: float, days_old: float = 0, *, ca: bool = False,
        server: bool = False,
    ) -> x509.Certificate:  # fmt: skip
        import ipaddress

        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=days_old, minutes=5))
            .not_valid_after(now + timedelta(days=days_left))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        if server:
            names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self.key, hashes.SHA256())


@dataclass
class EnrollingCentral:
    """What it says is set by the test; what it was asked is counted."""

    authority: Authority = field(default_factory=Authority)
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    letters: str = LETTERS
    gateway: str = "b1"
    broker: tuple[str, int] = ("127.0.0.1", 8883)
    registry: dict[str, Any] | None = None
    had_gateway: bool = False
    central_ms: int | None = None
    refusals: list[str] = field(default_factory=list)
    """Said one after the other, before anything is given."""
    page: str | None = None
    """An answer that is no central's."""
    forges: bool = False
    asked: int = 0
    public_keys: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def public_hex(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    def answer(self, path: str, sent: bytes) -> tuple[int, bytes]:
        self.asked += 1
        if self.page is not None:
            return 404, self.page.encode()
        if self.refusals:
            return 409, msgspec.json.encode({"refusal": self.refusals.pop(0)})
        return 200, self._enrol(sent) if path.endswith("/enrol/") else self._renew(sent)

    def _enrol(self, sent: bytes) -> bytes:
        outer = msgspec.json.decode(sent, type=SealedText)
        key = enrolment_key(self.letters)
        assert outer.name == self.letters[:4]
        assert is_proved(outer.mac, request_mac(key, outer.body))
        said = msgspec.json.decode(outer.body, type=EnrolRequest)
        request = x509.load_pem_x509_csr(said.csr.encode())
        assert request.is_signature_valid
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(said.public_key)).verify(
            bytes.fromhex(said.signature_over_csr), request.public_bytes(serialization.Encoding.DER)
        )
        is_same = said.public_key in self.public_keys
        self.public_keys.append(said.public_key)
        body = EnrolAnswer(
            gateway=self.gateway, building="1", building_name="1号楼", central_keys=[self.public_hex], approver_keys=[],
            ca=self.authority.pem, certificate=self.authority.client(request.public_key(), self.gateway),
            broker={"host": self.broker[0], "port": self.broker[1]},  # type: ignore[arg-type]
            central_ms=self.central_ms or int(datetime.now(UTC).timestamp() * 1000),
            had_gateway=self.had_gateway, registry=self.registry, is_same=is_same,
        )  # fmt: skip
        text = msgspec.json.encode(body).decode()
        mac = answer_mac(key, "00" * 16 if self.forges else said.nonce, text)
        return msgspec.json.encode(SealedAnswer(text, mac))

    def _renew(self, sent: bytes) -> bytes:
        keys = keyring_from_hex(self.public_keys[-1:])
        opened = unseal(sent, keys, kind=RENEW, sender=self.gateway, recipient="central")
        assert isinstance(opened, Sealed), opened
        asked = body_of(opened, RenewRequest)
        assert isinstance(asked, RenewRequest)
        request = x509.load_pem_x509_csr(asked.csr.encode())
        certificate = self.authority.client(request.public_key(), self.gateway)
        body = RenewAnswer(certificate, self.authority.pem, [self.public_hex])
        signer = KeySigner(key_id_of(self.key.public_key()), self.key)
        if self.forges:
            other = Ed25519PrivateKey.generate()
            signer = KeySigner(key_id_of(other.public_key()), other)
        return seal(
            signer, kind=CERTIFICATE, sender="central", recipient=self.gateway, message_id="c", issued_ms=0,
            body=msgspec.json.encode(body),
        )  # fmt: skip


@contextmanager
def listening(central: EnrollingCentral, certificate: Path | None = None) -> Iterator[EnrollingCentral]:
    """Let it listen on a port of its own; with a certificate by TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            status, said = central.answer(self.path, sent)
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    central.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield central
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
