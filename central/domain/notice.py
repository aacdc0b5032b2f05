"""How a notice travels: what fits into one message of each kind, how it is split in bytes, how often it is tried, when given up.

Pure rules; no word of a notice and no address is known here. The limits are those that the senders' own documents or software
state, less what the carrier adds around the text:

- WeCom group robot: text content of at most 2,048 bytes of UTF-8, 20 messages a minute (developer.work.weixin.qq.com, path 91770).
- DingTalk custom robot: 20,000 bytes for the whole request, 20 messages a minute, ten minutes of silence above (open.dingtalk.com,
  custom robots). The carrier writes Chinese as `\\uXXXX`, up to three times its bytes: 6,000 always fit.
- Feishu custom robot: 20 kB for the whole request, 100 messages a minute and 5 a second (open.feishu.cn, custom robots). Quotes
  and line ends are escaped to twice their size: 9,000 always fit.
- OneBot (QQ): no documented limit; 5,000 characters "in theory" by the author of go-cqhttp (issue 744), and long ones are dropped
  first where an account is watched: 4,500 bytes are 1,500 Chinese characters.
- By hand: what a person pastes into QQ, cut like OneBot's. Mail has no limit.
- Pictures: WeCom's robot takes JPG and PNG up to 2 MB before they are encoded (same document); DingTalk's and Feishu's robots
  take none that wasn't put on the web before. The same bound holds for mail and OneBot, which name none.
"""

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
FIRST_WAIT_MS, LONGEST_WAIT_MS = MINUTE_MS, 6 * HOUR_MS
GIVE_UP_AFTER_MS = 3 * DAY_MS


class Kind(StrEnum):
    """What carries a notice."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    ONEBOT = "onebot"
    MAIL = "mail"
    BY_HAND = "by-hand"


class State(StrEnum):
    """How far one notice has come on one channel."""

    QUEUED = "queued"
    SENDING = "sending"
    """A sender has taken it; when the sender dies, it is taken again after its lease: told twice perhaps, never lost."""
    SENT = "sent"
    GAVE_UP = "gave-up"
    BY_HAND_WAITING = "by-hand-waiting"
    BY_HAND_DONE = "by-hand-done"


class Trouble(StrEnum):
    """Why a message did not get through."""

    UNKNOWN_HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed-out"
    UNTRUSTED = "untrusted"
    HTTP_ERROR = "http-error"
    WRONG_KEY = "wrong-key"
    TOO_OFTEN = "too-often"
    NOT_PERMITTED = "not-permitted"
    """The robot's own safety setting: keyword, signature or address of the sender."""
    REFUSED = "refused"
    """By the other side, for another reason."""
    SIGN_IN_REFUSED = "sign-in-refused"
    SENDER_REFUSED = "sender-refused"
    RECIPIENT_REFUSED = "recipient-refused"
    WRONG_ADDRESS = "wrong-address"
    ADDRESS_UNREADABLE = "address-unreadable"
    NO_ADDRESS = "no-address"
    NO_MAIL_SERVER = "no-mail-server"
    CHANNEL_CLOSED = "channel-closed"
    NO_TEMPLATE = "no-template"
    UNFORESEEN = "unforeseen"


TO_BE_SENT = (State.QUEUED, State.SENDING)
TOLD = (State.SENT, State.BY_HAND_DONE)


@dataclass(frozen=True, slots=True)
class Reach:
    """What one message of a kind can hold, and how long the channel rests after it."""

    limit_bytes: int | None
    rest_ms: int
    has_title: bool = False
    """A title travels apart from the text (a mail's subject); otherwise it is the first line."""
    picture_bytes: int = 0
    """How large a picture may be that it carries; 0: none. A mail has them with its text, others behind it, one a message."""


REACH = {
    Kind.WECOM: Reach(2_048, 3_500, picture_bytes=2_000_000),
    Kind.DINGTALK: Reach(6_000, 3_500),
    Kind.FEISHU: Reach(9_000, 1_000),
    Kind.ONEBOT: Reach(4_500, 2_000, picture_bytes=2_000_000),
    Kind.MAIL: Reach(None, 0, has_title=True, picture_bytes=2_000_000),
    Kind.BY_HAND: Reach(4_500, 0),
}


def wait_ms(failures: int) -> int:
    """Give how long to wait after so many failures in a row: one minute, doubled each time, six hours at most."""
    return min(FIRST_WAIT_MS << min(max(failures, 1) - 1, 16), LONGEST_WAIT_MS)


def is_given_up(since_ms: int, now_ms: int) -> bool:
    """Say whether a notice that waits since an instant is tried no more."""
    return now_ms - since_ms >= GIVE_UP_AFTER_MS


def split(text: str, limit_bytes: int | None) -> list[str]:
    """Cut a text into parts of at most so many bytes of UTF-8, numbered `(1/3)` when there are several.

    Cuts fall at line ends, else at blanks or after punctuation, else between characters; never inside one. Only blanks and line
    ends at a cut are left out. Raises ValueError for a limit that no number and no character fit into.
    """
    if limit_bytes is None or len(text.encode()) <= limit_bytes:
        return [text]
    digits = 1
    while True:
        room = limit_bytes - len(_number(10**digits - 1, 10**digits - 1))
        if room < SMALLEST_ROOM_BYTES:
            raise ValueError(f"a limit of {limit_bytes} bytes is too small to split by")
        pieces = _pieces(text, room)
        if len(pieces) < 10**digits:
            return [_number(at, len(pieces)) + piece for at, piece in enumerate(pieces, 1)]
        digits += 1


SMALLEST_ROOM_BYTES = 32
LEFT_OUT = "\n "
"""What is left out where a text is cut."""
LONGEST_CLUSTER = 6
"""How many joined characters (a letter with its accents, an emoji with its skin) are kept together; longer heaps are cut."""


def _number(at: int, of: int) -> str:
    return f"({at}/{of})\n"


def _pieces(text: str, room: int) -> list[str]:
    pieces, rest = [], text.strip(LEFT_OUT)
    while rest:
        fitting = _fitting(rest, room)
        cut = len(rest) if fitting == len(rest) else _best_cut(rest, fitting)
        pieces.append(rest[:cut].rstrip(LEFT_OUT))
        rest = rest[cut:].lstrip(LEFT_OUT)
    return pieces or [""]


def _fitting(text: str, room: int) -> int:
    """Give how many characters fit, at least one."""
    return max(len(text[:room].encode()[:room].decode(errors="ignore")), 1)


def _best_cut(text: str, fitting: int) -> int:
    """Give the place of the cut: behind the last line end of the second half, else the last blank or stop, else what fits."""
    for ends in ("\n", " \t　", "。；，、！？.;,!?）)"):
        if text[fitting] in ends and text[fitting] in LEFT_OUT:
            return fitting
        at = max(text.rfind(end, fitting // 2, fitting) for end in ends)
        if at > 0:
            return at + 1
    for cut in range(fitting, max(fitting - LONGEST_CLUSTER, 1), -1):
        if not _joined(text[cut - 1], text[cut]):
            return cut
    return fitting


def _joined(before: str, after: str) -> bool:
    """Say whether two characters show as one: an accent, a variation, a joiner."""
    return (
        unicodedata.combining(after) != 0
        or after in "\u200d\ufe0e\ufe0f\u20e3"
        or "\U0001f3fb" <= after <= "\U0001f3ff"
        or before == "\u200d"
    )
