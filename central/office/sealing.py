"""Keeps what only the server may read again: keys of robots, passwords of mail servers. Sealed in the database, opened for sending.

The key is derived from the data folder's `secret.key`, which no database dump holds. Without that file what is sealed can't be
opened, and is typed again.
"""

import base64
import json

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"cardroom: addresses of notices"


def seal(parts: dict[str, str]) -> str:
    """Encrypt parts (Fernet: AES-128-CBC and HMAC-SHA256)."""
    return _fernet().encrypt(json.dumps(parts).encode()).decode("ascii")


def unseal(sealed: str) -> dict[str, str] | None:
    """Decrypt parts; None when they were sealed under another key or changed. Nothing sealed gives no parts."""
    if not sealed:
        return {}
    try:
        parts: dict[str, str] = json.loads(_fernet().decrypt(sealed.encode("ascii")))
    except (InvalidToken, ValueError):
        return None
    return parts


def _fernet() -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(settings.SECRET_KEY.encode())
    return Fernet(base64.urlsafe_b64encode(key))
