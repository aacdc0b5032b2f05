"""Real ends for real messages, all on loopback: an SMTP server, an HTTP server, and the vendors' hosts behind a proxy and a CA
of the test's own. What apprise sends arrives here as it would arrive there: the very bytes, over TLS, at the host's name."""

import json
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VENDORS = ("qyapi.weixin.qq.com", "oapi.dingtalk.com", "open.feishu.cn")


@dataclass(frozen=True)
class Heard:
    """A request as it came in."""

    method: str
    host: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, object]:
        return json.loads(self.body.decode("utf-8"))


@dataclass
class HttpEnd:
    """An HTTP server that keeps what it heard and answers as it is told."""

    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    answer: Callable[[Heard], tuple[int, object]] = lambda heard: (200, {"errcode": 0, "errmsg": "ok"})
    location: str = ""
    """Where it sends whoever asks."""


@contextmanager
def http_end(context: ssl.SSLContext | None = None) -> Iterator[HttpEnd]:
    """Serve on a free port, over TLS when there is a context."""
    end = HttpEnd()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            address = urlsplit(self.path)
            heard = Heard(
                "POST",
                self.headers["Host"],
                address.path,
                parse_qs(address.query),
                {name.lower(): value for name, value in self.headers.items()},
                body,
            )
            end.heard.append(heard)
            status, said = end.answer(heard)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if end.location:
                self.send_header("Location", end.location)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    end.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield end
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Vendors(HttpEnd):
    """The three vendors' hosts in one server; `environment` leads `requests` to it."""

    environment: dict[str, str] = field(default_factory=dict)
    asked_of_proxy: list[str] = field(default_factory=list)


@contextmanager
def vendors(folder: Path) -> Iterator[HttpEnd]:
    """Give WeCom's, DingTalk's and Feishu's hosts: a CONNECT proxy that leads them to a TLS server with a proper certificate."""
    context, ca_file = certificate_of(VENDORS, folder)
    with http_end(context) as end, connect_proxy(end.port) as (proxy_port, asked):
        proxy = f"http://127.0.0.1:{proxy_port}"
        end.environment = {
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy"), proxy),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), ""),
            "REQUESTS_CA_BUNDLE": str(ca_file),
        }
        end.asked_of_proxy = asked
        yield end


@contextmanager
def connect_proxy(target_port: int) -> Iterator[tuple[int, list[str]]]:
    """Take CONNECT for any host and join it to a port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    asked: list[str] = []

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=join, args=(client,), daemon=True).start()

    def join(client: socket.socket) -> None:
        reset = suppress(OSError)
        with reset, client, socket.create_connection(("127.0.0.1", target_port)) as server:
            request = b""
            while b"\r\n\r\n" not in request:
                request += client.recv(4096)
            asked.append(request.split(b"\r\n")[0].decode())
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                for ready in select.select([client, server], [], [], 10)[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (server if ready is client else client).sendall(data)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], asked
    finally:
        listener.close()


def certificate_of(names: tuple[str, ...], folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make a CA and a certificate for names; give a server's context and the CA's file."""
    now = datetime.now(UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test's own CA")])

    def builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder(issuer_name=ca_name, subject_name=subject, public_key=public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )

    ca = builder(ca_name, ca_key.public_key())
    ca = ca.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    ca_certificate = ca.sign(ca_key, hashes.SHA256())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    own = builder(subject, key.public_key())
    own = own.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), False)
    files = folder / "ca.pem", folder / "server.pem"
    files[0].write_bytes(ca_certificate.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + own.sign(ca_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files[1])
    return context, files[0]


@dataclass
class SmtpEnd:
    """An SMTP server's mailbox and manners."""

    port: int = 0
    mails: list[tuple[list[str], Message]] = field(default_factory=list)
    password: str = ""
    """When set, who writes must sign in with it as `cardroom`."""
    refuses: str = ""
    """A recipient that is refused."""

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address == self.refuses:
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 taken"

    def signs_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        return AuthResult(
            success=(given.login, given.password) == (b"cardroom", self.password.encode()), handled=False
        )


@contextmanager
def smtp_end(password: str = "") -> Iterator[SmtpEnd]:
    """Run an SMTP server (aiosmtpd) on a free port."""
    end = SmtpEnd(password=password)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        end.port = probe.getsockname()[1]
    controller = Controller(
        end,
        hostname="127.0.0.1",
        port=end.port,
        auth_required=bool(password),
        auth_require_tls=False,
        authenticator=end.signs_in if password else None,
    )
    controller.start()
    try:
        yield end
    finally:
        controller.stop()
