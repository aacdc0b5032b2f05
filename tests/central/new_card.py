"""A blank card that asks to be a building's gateway, written from the contract alone."""

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from django.test import Client

from gateway.contract import enrolment
from gateway.contract.envelope import KeySigner, key_id_of, seal


@dataclass
class NewCard:
    """Its two keys, and what it says with them."""

    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    tls: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    nonce: str = ""

    @property
    def public_key(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    def csr(self, name: str = "whoever") -> x509.CertificateSigningRequest:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(self.tls, hashes.SHA256())

    def body(self, **changes: Any) -> str:
        request = self.csr()
        self.nonce = secrets.token_hex(16)
        fields = {
            "public_key": self.public_key,
            "csr": request.public_bytes(serialization.Encoding.PEM).decode(),
            "nonce": self.nonce,
            "software": "1.2.3",
            "signature_over_csr": self.key.sign(request.public_bytes(serialization.Encoding.DER)).hex(),
            **changes,
        }
        return json.dumps(fields)

    def request(self, code: str, **changes: Any) -> dict[str, str]:
        """Give what is posted with a code as it was typed."""
        letters = enrolment.read_enrolment_code(code)
        assert letters is not None
        body = self.body(**changes)
        mac = enrolment.request_mac(enrolment.enrolment_key(letters), body)
        return {"name": letters[:4], "body": body, "mac": mac}

    def enrol(self, code: str, **changes: Any) -> dict[str, Any]:
        """Ask; give what the answer says, after its proof, or the refusal."""
        answer = post("enrol", self.request(code, **changes))
        if "refusal" in answer:
            return answer
        letters = enrolment.read_enrolment_code(code)
        assert letters is not None
        expected = enrolment.answer_mac(enrolment.enrolment_key(letters), self.nonce, answer["body"])
        assert answer["mac"] == expected
        said: dict[str, Any] = json.loads(answer["body"])
        return said

    def renewal(self, gateway: str, **changes: Any) -> bytes:
        body = json.dumps({"csr": self.csr().public_bytes(serialization.Encoding.PEM).decode(), **changes})
        signer = KeySigner(key_id_of(self.key.public_key()), self.key)
        return seal(
            signer,
            kind="renew",
            sender=gateway,
            recipient="central",
            message_id="r-1",
            issued_ms=1,
            body=body.encode(),
        )

    def pem(self, certificate: str) -> str:
        """Certificate and key in one, as a TLS library loads them."""
        key = self.tls.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return certificate + key.decode()


def post(leaf: str, sent: object, **more: Any) -> dict[str, Any]:
    """Ask central as a stranger does; a refusal is a 4xx with a name."""
    raw = sent if isinstance(sent, bytes | str) else json.dumps(sent)
    answer = Client().post(f"/gateways/{leaf}/", raw, content_type="application/json", **more)
    assert answer.status_code < 500
    if answer.status_code != 200:
        said: dict[str, Any] = answer.json()
        assert set(said) == {"refusal"}
        return said
    return {"raw": answer.content} if leaf == "renew" else answer.json()
