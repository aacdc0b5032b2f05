"""`cardroom-gateway voucher FILE`: credit carried by hand while the building's link is down (C-6).

The file holds sealed grants as central made them, two lines each. The daemon opens the seals; here nothing is believed and
nothing can be lost: the same file again changes nothing.
"""

import argparse
import sys
from pathlib import Path

import msgspec

from gateway.contract.envelope import MAX_BYTES
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, order

AGAIN = "Save the file again at central's desk."


class NotAVoucher(Exception):
    """The file can't hold credit; the message says why and what to do."""


class Redeemed(msgspec.Struct, frozen=True):
    """What became of one grant: `outcome` a CommandOutcome or an envelope's Refusal."""

    grant: str
    account: str
    outcome: str
    detail: str = ""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("voucher", help="hand in a file with credit", description=__doc__)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="as central's desk saved it; - for standard input"
    )
    parser.add_argument("--json", action="store_true", help="the daemon's answer as JSON")
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hand the file to the daemon; 0 when each grant is credited now or was before."""
    try:
        text = _read(args.file)
    except NotAVoucher as error:
        print(error, file=sys.stderr)
        return NOT_DONE
    answer = order(args, "voucher", {"sealed": text})
    if isinstance(answer, int):
        return answer
    if args.json:
        print(answer.decode())
    rows = msgspec.json.decode(answer, type=list[Redeemed])
    for row in [] if args.json else rows:
        print(f"{row.grant}  {row.account}  {row.outcome}  {row.detail}".rstrip())
    return 0 if rows and all(row.outcome in ("applied", "exists") for row in rows) else NOT_DONE


def _read(path: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(MAX_BYTES + 1) if str(path) == "-" else path.read_bytes()
        text = raw.decode("utf-8")
    except OSError as error:
        raise NotAVoucher(f"{path} can't be read: {error.strerror}. Check the path and the stick.") from error
    except UnicodeDecodeError as error:
        raise NotAVoucher(f"{path} is no voucher: it is not text. {AGAIN}") from error
    if len(raw) > MAX_BYTES:
        raise NotAVoucher(f"{path} is no voucher: it has more than {MAX_BYTES} bytes. {AGAIN}")
    if not text.strip():
        raise NotAVoucher(f"{path} is empty. {AGAIN}")
    return text
