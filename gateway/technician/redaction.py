"""Taking secrets out of text that leaves the building. Three nets, one behind the other, for no single one holds:

1. What is gathered is chosen: nothing is copied whole that may hold a secret (`diag_contents`).
2. Every secret that this machine has is known to the redactor, and is taken out in plain, in hex, as a meter's frame shows it,
   and in base64 at each of its three alignments.
3. What looks like a secret is taken out whosoever's it is: keys, frames, codes of credit, anything named like a password.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator

HIDDEN = "***"
SHORTEST = 4
"""A shorter secret would be found in every second word; a password of three letters protects nothing."""
_DLT645_ADDED = 0x33
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|\Z)", re.DOTALL)
_SPACED_HEX = re.compile(
    r"(?<![0-9A-Za-z])(?:(?:0x)?[0-9A-Fa-f]{2}[ ,:;-]+){9,}(?:0x)?[0-9A-Fa-f]{2}(?![0-9A-Za-z])"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])[0-9A-Fa-f]{20,}(?![0-9A-Za-z])")
_CODE = re.compile(
    r"(?<![0-9A-Za-z])(?:[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,5}[- ]){3,}[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{4,5}(?![0-9A-Za-z])"
)
_BASE64 = re.compile(r"(?<![0-9A-Za-z+/_-])[0-9A-Za-z+/_-]{24,}={0,2}(?![0-9A-Za-z+/_=-])")
_BYTES = re.compile(r"\bb(['\"]).{6,}?\1")
"""Python's way to show bytes, in a trace."""
_URL = re.compile(r"(?<=://)[^/\s:@\"']+:[^/\s@\"']+(?=@)")
_NAMED = re.compile(
    r"(?i)(\"?[\w.-]*(?:password|passwd|secret|token|private|signature|seed|authorization|credential|api[_-]?key)[\w.-]*\"?\s*[:=]\s*)"
    r"(\"(?:[^\"\\]|\\.)*\"|'[^']*'|[^\s,;}\]]+)"
)
_PATH_NAMED = re.compile(r"(?i)(_file|_path)\"?\s*[:=]\s*$")


class Redactor:
    """Knows the secrets of one machine."""

    def __init__(self, secrets: Iterable[str | bytes]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            raw = secret.encode() if isinstance(secret, str) else secret
            if len(raw) >= SHORTEST:
                forms.update(form for form in _forms(raw) if len(form) >= SHORTEST)
        longest_first = sorted(forms, key=len, reverse=True)
        self._known = (
            re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE) if longest_first else None
        )

    def clean(self, text: str) -> str:
        """Give the text without anything that is, or looks like, a secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _PEM.sub(HIDDEN, text)
        text = _NAMED.sub(_named, text)
        text = _URL.sub(HIDDEN, text)
        for pattern in (_BYTES, _SPACED_HEX, _HEX, _CODE):
            text = pattern.sub(HIDDEN, text)
        return _BASE64.sub(_base64, text)


def _named(found: re.Match[str]) -> str:
    """A path to a secret is none; what is empty or hidden already stays."""
    if _PATH_NAMED.search(found[1]) or found[2].strip("\"'") in ("", HIDDEN, "null", "None"):
        return found[0]
    return f'{found[1]}"{HIDDEN}"'


def _base64(found: re.Match[str]) -> str:
    """Long words and paths are no base64: that has letters of both cases and digits, and no word between slashes."""
    text = found[0]
    is_mixed = re.search(r"[a-z]", text) and re.search(r"[A-Z]", text) and re.search(r"[0-9]", text)
    looks_like_path = "/" in text and any(len(part) > 3 and part.islower() for part in text.split("/"))
    looks_like_name = "_" in text or text.count("-") >= 2
    return HIDDEN if is_mixed and not looks_like_path and not looks_like_name else text


def _forms(raw: bytes) -> Iterator[str]:
    """How a secret may stand in a text."""
    texts = {raw.decode("utf-8", errors="ignore").strip()}
    added = bytes((byte + _DLT645_ADDED) & 0xFF for byte in raw)
    byte_forms = [raw, added]
    if len(raw) % 2 == 0 and re.fullmatch(rb"[0-9A-Fa-f]+", raw):
        plain = bytes.fromhex(raw.decode())
        byte_forms += [
            plain,
            plain[::-1],
            *(bytes((b + _DLT645_ADDED) & 0xFF for b in part) for part in (plain, plain[::-1])),
        ]
    for form in byte_forms:
        for between in ("", " ", ":", "-"):
            texts.add(form.hex(between) if between else form.hex())
        texts.update(_base64_cores(form))
        texts.update(_base64_cores(form.hex().encode()))
    yield from texts
    yield from (text.replace('"', '\\"') for text in texts)


def _base64_cores(raw: bytes) -> Iterator[str]:
    """What of a secret's base64 doesn't depend on its neighbours, at each alignment."""
    for before in range(3):
        padded = bytes(before) + raw
        core = padded[: len(padded) // 3 * 3]
        skip = 0 if before == 0 else 4
        for encode in (b64encode, urlsafe_b64encode):
            text = encode(core).decode()[skip:]
            if len(text) >= 2 * SHORTEST:
                yield text
