"""What a person pastes as a channel's address, read into what its carrier needs; and what of it may be shown afterwards.

Robots are reached by an address that holds their key: whoever has it can write to the group. So an address is shown once more
only as its `shown` form, and `scrub` takes it out of what a server answers.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from central.domain.notice import Kind

HOSTS = {
    "qyapi.weixin.qq.com": Kind.WECOM,
    "oapi.dingtalk.com": Kind.DINGTALK,
    "open.feishu.cn": Kind.FEISHU,
}
FEISHU_PATH = re.compile(r"/open-apis/bot/v2/hook/([A-Za-z0-9_-]+)/?")
KEY = re.compile(r"[A-Za-z0-9_-]{8,120}")
DINGTALK_KEY = re.compile(r"[A-Za-z0-9]{8,120}")
"""As the carrier takes it: letters and digits."""
GROUP = re.compile(r"[0-9]{5,19}")
MAIL = re.compile(r"[^@\s,;<>\"]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
HOST = re.compile(r"[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:]+\]")
MOST_MAIL_ADDRESSES = 20
LINK = re.compile(r"(https?://[^/\s\"']*)[^\s\"']*", re.IGNORECASE)
REDACTED = "…"


class Mistake(StrEnum):
    """Why what was typed is no address of the kind."""

    NOT_AN_ADDRESS = "not-an-address"
    OTHER_KIND = "other-kind"
    NO_KEY = "no-key"
    BAD_SECRET = "bad-secret"  # noqa: S105  a mistake's name
    NO_GROUP = "no-group"
    NOT_MAIL = "not-mail"
    TOO_MANY = "too-many"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address taken apart: `parts` are kept sealed, `shown` is what pages show."""

    parts: dict[str, str]
    shown: str


def read_address(kind: Kind, typed: str, secret: str = "", group: str = "") -> Endpoint | Mistake:
    """Read an address of a kind: a robot's webhook as its page shows it, `http://host:port` for OneBot, mail addresses."""
    typed, secret, group = typed.strip(), secret.strip(), group.strip().lstrip("#")
    match kind:
        case Kind.WECOM | Kind.DINGTALK | Kind.FEISHU:
            return _robot(kind, typed, secret)
        case Kind.ONEBOT:
            return _onebot(typed, secret, group)
        case Kind.MAIL:
            return _mail(typed)
        case Kind.BY_HAND:
            return Endpoint({}, "")


def is_mail_address(text: str) -> bool:
    """Say whether a text looks like one mail address."""
    return MAIL.fullmatch(text) is not None


def masked(address: str) -> str:
    """Give what may be shown of a person's own mail address: its first letter and its host."""
    name, _at, host = address.rpartition("@")
    return f"{name[:1]}{REDACTED}@{host}"


def scrub(text: str, secrets: list[str]) -> str:
    """Take secrets, and the paths of links, out of a text that may be stored and shown."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return LINK.sub(rf"\1/{REDACTED}", " ".join(text.split()))


def _robot(kind: Kind, typed: str, secret: str) -> Endpoint | Mistake:
    try:
        address = urlsplit(typed)
        host = address.hostname or ""
    except ValueError:
        return Mistake.NOT_AN_ADDRESS
    if not host or address.scheme not in ("http", "https"):
        return Mistake.NOT_AN_ADDRESS
    if host not in HOSTS:
        return Mistake.NOT_AN_ADDRESS
    if HOSTS[host] != kind:
        return Mistake.OTHER_KIND
    key = _key(kind, address.path, parse_qs(address.query))
    if not (DINGTALK_KEY if kind == Kind.DINGTALK else KEY).fullmatch(key):
        return Mistake.NO_KEY
    if secret and (kind != Kind.DINGTALK or not DINGTALK_KEY.fullmatch(secret)):
        return Mistake.BAD_SECRET
    return Endpoint({"key": key, "secret": secret}, f"{host} {REDACTED}{key[-4:]}")


def _key(kind: Kind, path: str, query: dict[str, list[str]]) -> str:
    if kind == Kind.FEISHU:
        found = FEISHU_PATH.fullmatch(path)
        return found[1] if found else ""
    return query.get("key" if kind == Kind.WECOM else "access_token", [""])[0]


def _onebot(typed: str, secret: str, group: str) -> Endpoint | Mistake:
    try:
        address = urlsplit(typed)
        host, port = address.hostname or "", address.port
    except ValueError:
        return Mistake.NOT_AN_ADDRESS
    netloc = address.netloc.rpartition(":")[0] if port else address.netloc
    if address.scheme not in ("http", "https") or not HOST.fullmatch(netloc):
        return Mistake.NOT_AN_ADDRESS
    if host in HOSTS:
        return Mistake.OTHER_KIND
    if not GROUP.fullmatch(group):
        return Mistake.NO_GROUP
    parts = {
        "host": host,
        "port": str(port or ""),
        "tls": address.scheme[4:],
        "secret": secret,
        "group": group,
    }
    return Endpoint(parts, f"{address.scheme}://{address.netloc} #{group}")


def _mail(typed: str) -> Endpoint | Mistake:
    addresses = [one for one in re.split(r"[\s,;，；]+", typed) if one]
    if len(addresses) > MOST_MAIL_ADDRESSES:
        return Mistake.TOO_MANY
    if not addresses or not all(is_mail_address(one) for one in addresses):
        return Mistake.NOT_MAIL
    return Endpoint({"to": ",".join(addresses)}, ", ".join(addresses))
