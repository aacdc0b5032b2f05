"""A certificate authority of a test's own and a broker's certificate for 127.0.0.1."""

import ipaddress
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))


def make_authority(folder: Path) -> Path:
    """Write ca.pem, broker.pem and broker.key into a new folder."""
    folder.mkdir()
    authority, broker = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"authority {folder.name}")])
    basic = x509.BasicConstraints(ca=True, path_length=None)
    _write(
        folder / "ca.pem",
        _certificate(name, name, authority, authority).add_extension(basic, True),
        authority,
    )
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "broker")])
    _write(
        folder / "broker.pem",
        _certificate(subject, name, broker, authority).add_extension(address, False),
        authority,
    )
    (folder / "broker.key").write_bytes(_pem(broker))
    (folder / "ca.key").write_bytes(_pem(authority))
    return folder


def make_client(
    folder: Path, name: str, *, ends: datetime = VALID[1], authority: Path | None = None
) -> tuple[Path, Path]:
    """Write NAME.pem and NAME.key, signed by the folder's authority or another one's; give their paths."""
    signed_by = authority or folder
    signer = serialization.load_pem_private_key((signed_by / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    issuer = x509.load_pem_x509_certificate((signed_by / "ca.pem").read_bytes()).subject
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    _write(certificate, _certificate(subject, issuer, key, signer, ends), signer)
    key_file.write_bytes(_pem(key))
    return certificate, key_file


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    ends: datetime = VALID[1],
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = (
        builder.not_valid_before(VALID[0]).not_valid_after(ends).serial_number(x509.random_serial_number())
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(identifier, False).add_extension(authority, False)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write(path: Path, builder: x509.CertificateBuilder, signer: ec.EllipticCurvePrivateKey) -> None:
    path.write_bytes(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
