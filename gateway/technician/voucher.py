"""`cardroom-gateway voucher FILE|FOLDER|CODE`: credit carried by hand while the building's link is down (C-6, R-B5).

A file holds sealed grants as central made them; a folder (a USB stick) may hold several; a code is one grant, read out over the
phone. The daemon opens the seals; here nothing is believed and nothing can be lost: the same again changes nothing.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from gateway.adapters.voucher_file import envelopes
from gateway.contract.voucher_code import looks_like_code
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, order
from gateway.technician.rule_words import detail_text
from gateway.words import mark, say

AGAIN = mark("Save the file again at central's desk.")
SUFFIX = ".voucher"
MOST_BYTES = 5_000_000
"""Some nine thousand grants; what is longer is no voucher."""
PIECE = 500
"""Grants in one order to the daemon: its line has an end."""
LISTED, MISSING = "listed", "missing"
GOOD = ("applied", "exists")
SPOILT = (MISSING, "malformed", "too-long", "forged", "wrong-kind", "wrong-sender")
"""Where the same file, saved again, may be good."""
WORDS = {
    "applied": mark("credited"),
    "exists": mark("was credited before; nothing was changed"),
    "exists-with-different": mark(
        "came before with other content; nothing was credited, and central was told"
    ),
    "unknown-account": mark(
        "this gateway doesn't know the account (yet): its configuration must come from central first"
    ),
    "refused": mark("not credited"),
    MISSING: mark("the file says that it holds this credit, and doesn't: it was cut short."),
    "malformed": mark("a part of the file is damaged or cut off; it was not credited."),
    "too-long": mark("a part of the file is damaged; it was not credited."),
    "forged": mark("the file was altered after it was signed; this part was not credited."),
    "unknown-key": mark(
        "signed by a key that this gateway doesn't trust: another central's, or [central] public_keys is old"
    ),
    "unsupported-version": mark("made by a newer central: update this gateway"),
    "wrong-kind": mark("a message of the link, no voucher."),
    "wrong-sender": mark("not made by central."),
    "wrong-recipient": mark("made for another building; nothing was credited. Take it there"),
    "not-a-code": mark("no code: it has 40 letters and digits (or 50, 60) in groups of five. Read it again"),
    "mistyped": mark(
        "mistyped in the groups named here, counted from 1; nothing was credited. Compare them and type it again"
    ),
    "wrong-building": mark(
        "made for another building; nothing was credited. Ask which one the desk made it for"
    ),
    "code-does-not-fit": mark(
        "fits nothing here: the gateway's key was replaced since it was made, the account is not known here yet, "
        "or it is made up. Ask the desk for a new one, or take the file"
    ),
    "too-many": mark(
        "too many codes that fitted nothing: none is read for an hour. Take the file, it needs no code"
    ),
}


class NotAVoucher(Exception):
    """What was given can't hold credit; the message says why and what to do."""


class Redeemed(msgspec.Struct, frozen=True):
    """What became of one grant: `outcome` is one of WORDS."""

    grant: str
    account: str
    outcome: str
    detail: str = ""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "voucher",
        help=say("hand in a file or a code with credit"),
        description=say(
            "Hand in credit carried by hand while the link is down: a file, a USB stick's folder or a code. "
            "The same again changes nothing."
        ),
    )
    parser.add_argument(
        "given",
        nargs="+",
        metavar="FILE|FOLDER|CODE",
        help=say(
            "a file as central's desk saved it, a folder with *{suffix} files, a code, or - for standard input",
            suffix=SUFFIX,
        ),
    )
    parser.add_argument("--json", action="store_true", help=say("what became of each grant as JSON"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hand in what was given; 0 when each grant is credited now or was before."""
    try:
        orders = _orders(args.given)
    except NotAVoucher as error:
        print(error, file=sys.stderr)
        return NOT_DONE
    rows: list[Redeemed] = []
    for do, arguments in orders:
        answer = order(args, do, arguments)
        if isinstance(answer, int):
            return answer
        rows += msgspec.json.decode(answer, type=list[Redeemed])
    rows = _with_missing(rows)
    if args.json:
        print(msgspec.json.encode(rows).decode())
    for row in (
        [] if args.json else dict.fromkeys(rows)
    ):  # a file of another kind is many parts with the same damage
        print(f"{row.grant}  {row.account}  {row.outcome}  {_words(row)}".rstrip())
    return 0 if rows and all(row.outcome in GOOD for row in rows) else NOT_DONE


def _words(row: Redeemed) -> str:
    words = say(WORDS[row.outcome]) if row.outcome in WORDS else ""
    again = f" {say(AGAIN)}" if row.outcome in SPOILT else ""
    return ": ".join(filter(None, (words + again, detail_text(row.detail))))


def _with_missing(rows: list[Redeemed]) -> list[Redeemed]:
    """Put what was listed and not found in the place of the lists."""
    found = {row.grant for row in rows if row.outcome != LISTED}
    missing = dict.fromkeys(row.grant for row in rows if row.outcome == LISTED and row.grant not in found)
    told = [row for row in rows if row.outcome != LISTED]
    return told + [Redeemed(grant, "?", MISSING) for grant in missing]


def _orders(given: list[str]) -> list[tuple[str, dict[str, str | int | bool]]]:
    """What the daemon is asked for what was given. Raises NotAVoucher."""
    path = Path(given[0])
    if len(given) > 1 or (looks_like_code(given[0]) and not path.exists()):
        if not looks_like_code("".join(given)):
            raise NotAVoucher(
                say(
                    "{given} is neither one file nor a code. {why}.",
                    given=" ".join(given),
                    why=say(WORDS["not-a-code"]),
                )
            )
        return [("voucher-code", {"code": "".join(given)})]
    texts = [_read(file) for file in _files(path)]
    return [
        ("voucher", {"sealed": b"\n\n".join(sealed[first : first + PIECE]).decode()})
        for sealed in map(envelopes, texts)
        for first in range(0, len(sealed), PIECE)
    ]


def _files(path: Path) -> list[Path]:
    try:
        if not path.is_dir():
            return [path]
        files = sorted(path.glob(f"*{SUFFIX}"))
    except OSError as error:
        raise NotAVoucher(
            say("{path} can't be read: {why}. Check the path and the stick.", path=path, why=error.strerror)
        ) from error
    if not files:
        raise NotAVoucher(
            say(
                "{path} holds no *{suffix} file. Name the file itself. {again}",
                path=path,
                suffix=SUFFIX,
                again=say(AGAIN),
            )
        )
    return files


def _read(path: Path) -> str:
    try:
        if str(path) == "-":
            raw = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with path.open("rb") as file:
                raw = file.read(MOST_BYTES + 1)
        text = raw.decode("utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise NotAVoucher(
                say("{path} is no voucher: it is not text. {again}", path=path, again=say(AGAIN))
            ) from error
        why = getattr(error, "strerror", None) or error
        raise NotAVoucher(
            say("{path} can't be read: {why}. Check the path and the stick.", path=path, why=why)
        ) from error
    if len(raw) > MOST_BYTES:
        raise NotAVoucher(
            say(
                "{path} is no voucher: it has more than {most} bytes. {again}",
                path=path,
                most=MOST_BYTES,
                again=say(AGAIN),
            )
        )
    if not text.strip():
        raise NotAVoucher(say("{path} is empty. {again}", path=path, again=say(AGAIN)))
    return text
