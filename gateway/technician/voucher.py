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

AGAIN = "Save the file again at central's desk."
SUFFIX = ".voucher"
MOST_BYTES = 5_000_000
"""Some nine thousand grants; what is longer is no voucher."""
PIECE = 500
"""Grants in one order to the daemon: its line has an end."""
LISTED, MISSING = "listed", "missing"
GOOD = ("applied", "exists")
WORDS = {
    "applied": "credited",
    "exists": "was credited before; nothing was changed",
    "exists-with-different": "came before with other content; nothing was credited, and central was told",
    "unknown-account": "this gateway doesn't know the account (yet): its configuration must come from central first",
    "refused": "not credited",
    MISSING: f"the file says that it holds this credit, and doesn't: it was cut short. {AGAIN}",
    "malformed": f"a part of the file is damaged or cut off; it was not credited. {AGAIN}",
    "too-long": f"a part of the file is damaged; it was not credited. {AGAIN}",
    "forged": f"the file was altered after it was signed; this part was not credited. {AGAIN}",
    "unknown-key": "signed by a key that this gateway doesn't trust: another central's, or [central] public_keys is old",
    "unsupported-version": "made by a newer central: update this gateway",
    "wrong-kind": f"a message of the link, no voucher. {AGAIN}",
    "wrong-sender": f"not made by central. {AGAIN}",
    "wrong-recipient": "made for another building; nothing was credited. Take it there",
    "not-a-code": "no code: it has 40 letters and digits (or 50, 60) in groups of five. Read it again",
    "mistyped": "mistyped in the groups named here, counted from 1; nothing was credited. Compare them and type it again",
    "wrong-building": "made for another building; nothing was credited. Ask which one the desk made it for",
    "code-does-not-fit": "fits nothing here: the gateway's key was replaced since it was made, the account is not known here yet, "
    "or it is made up. Ask the desk for a new one, or take the file",
    "too-many": "too many codes that fitted nothing: none is read for an hour. Take the file, it needs no code",
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
        "voucher", help="hand in a file or a code with credit", description=__doc__
    )
    parser.add_argument(
        "given",
        nargs="+",
        metavar="FILE|FOLDER|CODE",
        help=f"a file as central's desk saved it, a folder with *{SUFFIX} files, a code, or - for standard input",
    )
    parser.add_argument("--json", action="store_true", help="what became of each grant as JSON")
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
    for row in [] if args.json else rows:
        print(f"{row.grant}  {row.account}  {row.outcome}  {_words(row)}".rstrip())
    return 0 if rows and all(row.outcome in GOOD for row in rows) else NOT_DONE


def _words(row: Redeemed) -> str:
    return ": ".join(filter(None, (WORDS.get(row.outcome, ""), row.detail)))


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
            raise NotAVoucher(f"{' '.join(given)} is neither one file nor a code. {WORDS['not-a-code']}.")
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
        raise NotAVoucher(f"{path} can't be read: {error.strerror}. Check the path and the stick.") from error
    if not files:
        raise NotAVoucher(f"{path} holds no *{SUFFIX} file. Name the file itself. {AGAIN}")
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
            raise NotAVoucher(f"{path} is no voucher: it is not text. {AGAIN}") from error
        why = getattr(error, "strerror", None) or error
        raise NotAVoucher(f"{path} can't be read: {why}. Check the path and the stick.") from error
    if len(raw) > MOST_BYTES:
        raise NotAVoucher(f"{path} is no voucher: it has more than {MOST_BYTES} bytes. {AGAIN}")
    if not text.strip():
        raise NotAVoucher(f"{path} is empty. {AGAIN}")
    return text
