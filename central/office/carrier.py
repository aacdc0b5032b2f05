"""Hands one message to apprise, and says in a name what became of it. The only network traffic of notices.

Apprise answers yes or no. That is not enough, twice: a person must know why, and WeCom and DingTalk refuse with "200 OK" and a
code in the answer, which apprise 2.3 takes for success. So its plugins are given an ear: what `requests` answered, and which
exception they caught. Apprise and urllib3 log addresses with their keys; their loggers end here.
"""

import base64
import hashlib
import json
import logging
import smtplib
import socket
import ssl
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import requests
from apprise import Apprise, AppriseAttachment, NotifyFormat
from apprise.attachment.memory import AttachMemory
from apprise.plugins import dingtalk, feishu, onebot, wecombot
from apprise.plugins.base import NotifyBase
from urllib3.exceptions import NameResolutionError

from central.domain.notice import Kind, Trouble
from central.domain.notice_address import scrub
from central.office.notice_templates import Picture

TIMEOUT_S = "10"
DETAIL_CHARACTERS = 160
MOST_ANSWERED_BYTES = 65_536
LONGEST_CHAIN = 8
PLUGINS = (wecombot, dingtalk, feishu, onebot)


CODES = {
    (Kind.WECOM, 93000): Trouble.WRONG_KEY,
    (Kind.WECOM, 45009): Trouble.TOO_OFTEN,
    (Kind.DINGTALK, 300001): Trouble.WRONG_KEY,
    (Kind.DINGTALK, 310000): Trouble.NOT_PERMITTED,
    (Kind.DINGTALK, 410100): Trouble.TOO_OFTEN,
    (Kind.DINGTALK, 130101): Trouble.TOO_OFTEN,
    (Kind.FEISHU, 19001): Trouble.WRONG_KEY,
    (Kind.FEISHU, 19021): Trouble.NOT_PERMITTED,
    (Kind.FEISHU, 19022): Trouble.NOT_PERMITTED,
    (Kind.FEISHU, 19024): Trouble.NOT_PERMITTED,
    (Kind.FEISHU, 11232): Trouble.TOO_OFTEN,
}
"""What the vendors' documents say of their codes; others are `REFUSED`."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A message that did not get through. `detail` is the other side's word, without keys."""

    trouble: Trouble
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server and who writes."""

    host: str
    port: int
    security: str
    user: str
    password: str = field(repr=False)
    sender: str = ""


def carry(
    kind: Kind,
    parts: dict[str, str],
    title: str,
    text: str,
    smtp: Smtp | None = None,
    pictures: Sequence[Picture] = (),
) -> Failure | None:
    """Send one message that fits; None when the other side took it. Waits for the network, at most some tens of seconds.

    Pictures go with a mail's text; to a robot one goes by itself, without a text.
    """
    if kind == Kind.MAIL and smtp is None:
        return Failure(Trouble.NO_MAIL_SERVER)
    with _listening() as ear:
        plugin = Apprise.instantiate(_address(kind, parts, smtp))
        if not isinstance(plugin, NotifyBase):
            return Failure(Trouble.WRONG_ADDRESS)
        if isinstance(plugin, dingtalk.NotifyDingTalk):
            _sign_once(plugin)
        if isinstance(plugin, wecombot.NotifyWeComBot) and pictures:
            done = _picture_to_wecom(plugin, pictures[0], ear)
        else:
            done = plugin.notify(
                body=text, title=title, body_format=NotifyFormat.TEXT, attach=_attached(pictures)
            )
    secrets = [parts.get("key", ""), parts.get("secret", ""), smtp.password if smtp else ""]
    failure = _what_failed(kind, ear, done=bool(done))
    return failure and Failure(failure.trouble, scrub(failure.detail, secrets)[:DETAIL_CHARACTERS])


def _attached(pictures: Sequence[Picture]) -> AppriseAttachment | None:
    if not pictures:
        return None
    attached = AppriseAttachment()
    for one in pictures:
        attached.add(AttachMemory(content=one.content, name=one.name, mimetype=one.content_type))
    return attached


def _picture_to_wecom(plugin: wecombot.NotifyWeComBot, picture: Picture, ear: "_Ear") -> bool:
    """Send a picture as WeCom's document of group robots asks for it: apprise's plugin knows texts only (2.3.0)."""
    image = {
        "base64": base64.b64encode(picture.content).decode("ascii"),
        "md5": hashlib.md5(picture.content, usedforsecurity=False).hexdigest(),
    }
    try:
        answer = wecombot.requests.post(
            plugin.api_url,
            json={"msgtype": "image", "image": image},
            verify=plugin.verify_certificate,
            timeout=plugin.request_timeout,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        ear.error = error
        return False
    return bool(answer.status_code == requests.codes.ok)


def _address(kind: Kind, parts: dict[str, str], smtp: Smtp | None) -> dict[str, object]:
    """Give apprise its plugin's arguments: no URL is put together, so nothing in it can be read as something else."""
    address: dict[str, object] = {"rto": TIMEOUT_S, "cto": TIMEOUT_S}
    match kind:
        case Kind.WECOM:
            return address | {"schema": "wecombot", "key": parts["key"]}
        case Kind.FEISHU:
            return address | {"schema": "feishu", "token": parts["key"]}
        case Kind.DINGTALK:
            return address | {
                "schema": "dingtalk",
                "token": parts["key"],
                "secret": parts.get("secret") or None,
            }
        case Kind.ONEBOT:
            return address | {
                "schema": "onebots" if parts["tls"] else "onebot",
                "secure": bool(parts["tls"]),
                "host": parts["host"],
                "port": int(parts["port"]) if parts["port"] else None,
                "token": parts.get("secret") or None,
                "targets": [f"#{parts['group']}"],
            }
        case _:
            assert smtp is not None
            return address | {
                "schema": "mailtos",
                "host": smtp.sender.rpartition("@")[2],
                "smtp_host": smtp.host,
                "port": smtp.port,
                "secure_mode": smtp.security,
                "user": smtp.user or None,
                "password": smtp.password or None,
                "from_addr": smtp.sender,
                "targets": parts["to"].split(","),
            }


def _sign_once(plugin: dingtalk.NotifyDingTalk) -> None:
    """Take back one of two percent-encodings: apprise encodes the signature, and `requests` does it again (2.3.0).

    Base64 holds no `%`, so this changes nothing once apprise is mended.
    """
    made = plugin.get_signature

    def signature() -> tuple[str, str]:
        timestamp, sign = made()
        return timestamp, unquote(sign)

    plugin.get_signature = signature


class _Ear(logging.Handler):
    """Hears the plugins' log: the last exception that they caught. The records are not kept: they may hold keys."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.answer: requests.Response | None = None
        self.error: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is being handled while the plugin logs."""
        self.error = sys.exc_info()[1] or self.error


class _Requests:
    """Stands for `requests` inside the plugins; lets the ear have the answers."""

    def __init__(self, ear: _Ear) -> None:
        self._ear = ear

    def __getattr__(self, name: str) -> object:
        return getattr(requests, name)

    def post(self, url: str, **named: object) -> requests.Response:
        """Post as `requests` does (the plugins give their time-outs), but go nowhere else, and read no more than a word: an address
        is a key, and a host of the house's own is anybody's."""
        answer = requests.post(url, **{**named, "allow_redirects": False, "stream": True})  # noqa: S113
        with answer:
            answer._content = _not_nested(b"".join(_so_much(answer)))  # where `requests` itself keeps it
        self._ear.answer = answer
        return answer


def _so_much(answer: requests.Response) -> Iterator[bytes]:
    left = MOST_ANSWERED_BYTES
    for piece in answer.iter_content(left):
        yield piece[:left]
        left -= len(piece)
        if left <= 0:
            return


def _not_nested(content: bytes) -> bytes:
    """Give an answer; nothing of one whose brackets no reader follows to their end: the plugins would break on it."""
    try:
        json.loads(content)
    except ValueError:
        return content
    except RecursionError:
        return b""
    return content


_one_at_a_time = threading.Lock()
_log = logging.getLogger("apprise")
_log.propagate = False
logging.getLogger("urllib3").setLevel(logging.ERROR)
"""It writes each request's path, which is where robots have their keys."""


@contextmanager
def _listening() -> Iterator[_Ear]:
    with _one_at_a_time:
        ear, level = _Ear(), _log.level
        _log.addHandler(ear)
        _log.setLevel(logging.DEBUG)
        for plugin in PLUGINS:
            plugin.requests = _Requests(ear)
        try:
            yield ear
        finally:
            for plugin in PLUGINS:
                plugin.requests = requests
            _log.removeHandler(ear)
            _log.setLevel(level)


def _what_failed(kind: Kind, ear: _Ear, *, done: bool) -> Failure | None:
    if ear.answer is not None:
        return _refusal(kind, ear.answer, done=done)
    if done:
        return None
    return _of_exception(ear.error) if ear.error else Failure(Trouble.REFUSED)


def _refusal(kind: Kind, answer: requests.Response, *, done: bool) -> Failure | None:
    if answer.status_code != requests.codes.ok:
        trouble = Trouble.WRONG_KEY if answer.status_code in (401, 403) else Trouble.HTTP_ERROR
        return Failure(trouble, f"HTTP {answer.status_code}")
    try:
        said = json.loads(answer.content)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        return Failure(Trouble.HTTP_ERROR, "the answer is not JSON")
    code = said.get("errcode") or said.get("code") or said.get("retcode") or 0
    if done and code in (0, 1 if kind == Kind.ONEBOT else 0):
        return None
    word = said.get("errmsg") or said.get("msg") or said.get("wording") or said.get("message") or ""
    return Failure(CODES.get((kind, code), Trouble.REFUSED), f"{code} {word}".strip())


def _of_exception(error: BaseException) -> Failure:
    behind = list(_behind(error))
    if any(isinstance(one, socket.gaierror | NameResolutionError) for one in behind):
        return Failure(Trouble.UNKNOWN_HOST)
    for kinds, trouble in EXCEPTIONS:
        if isinstance(error, kinds):
            return Failure(trouble, _said(error))
    return Failure(Trouble.UNREACHABLE)


def _behind(error: BaseException) -> Iterator[BaseException]:
    """Give an exception and those that it wraps: `requests` has urllib3's as its argument, and that one a reason."""
    seen: BaseException | None = error
    for _ in range(LONGEST_CHAIN):
        if not isinstance(seen, BaseException):
            return
        yield seen
        inner = getattr(seen, "reason", None) or next(iter(seen.args), None)
        seen = inner if isinstance(inner, BaseException) else seen.__cause__ or seen.__context__


def _said(error: BaseException) -> str:
    """Give an SMTP server's own word. Other errors hold addresses and say nothing that the trouble's name does not."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, word = next(iter(error.recipients.values()))
        return f"{code} {_text(word)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return ""


def _text(word: bytes | str) -> str:
    return word.decode(errors="replace") if isinstance(word, bytes) else str(word)


EXCEPTIONS: tuple[tuple[tuple[type[BaseException], ...], Trouble], ...] = (
    ((smtplib.SMTPAuthenticationError,), Trouble.SIGN_IN_REFUSED),
    ((smtplib.SMTPSenderRefused,), Trouble.SENDER_REFUSED),
    ((smtplib.SMTPRecipientsRefused,), Trouble.RECIPIENT_REFUSED),
    ((smtplib.SMTPNotSupportedError, ssl.SSLError, requests.exceptions.SSLError), Trouble.UNTRUSTED),
    ((smtplib.SMTPServerDisconnected, smtplib.SMTPConnectError), Trouble.UNREACHABLE),
    ((smtplib.SMTPException,), Trouble.REFUSED),
    ((TimeoutError, requests.exceptions.Timeout), Trouble.TIMED_OUT),
    ((OSError,), Trouble.UNREACHABLE),
)
"""First match counts; `requests`' exceptions are OSErrors."""
