"""`cardroom-gateway ledger ACCOUNT`: an account's entries with its running balances, and whether they add up (C-17)."""

import argparse
import sys
from collections.abc import Iterator

import msgspec

from gateway.application.ledger_look import LedgerLook, LookedEntry, look_at_ledger
from gateway.contract.identifiers import AccountId
from gateway.contract.quantities import Unit
from gateway.technician.amounts import bucket_text, exact, unit_text, with_unit
from gateway.technician.answer import USAGE
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.local_time import NotATime, clock_text, read_instant
from gateway.technician.looking import looked, place_or_complain
from gateway.technician.table import table
from gateway.words import mark, say

USUAL_LIMIT = 50
MOST_LISTED = 5_000
HEADS = [
    mark("when"),
    mark("entry"),
    mark("what"),
    mark("kWh"),
    mark("yuan/kWh"),
    mark("bucket"),
    mark("amount"),
    mark("balance"),
]
KINDS = {
    "consumption": mark("used"),
    "grant": mark("credit"),
    "taken-back": mark("taken back"),
    "adjustment": mark("adjusted"),
    "expired": mark("lapsed"),
    "opening": mark("opening balance"),
}


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say("An account's ledger entries with running balances by bucket, and the proof that they add up.")
    parser = subparsers.add_parser("ledger", help=say("an account's entries and balances"), description=what)
    parser.add_argument("account", metavar="ACCOUNT", help=say("the account, as `status` shows it"))
    parser.add_argument(
        "--since", metavar="DATE", help=say('entries dated since, e.g. 2026-11-01 or "2026-11-01 08:00"')
    )
    parser.add_argument(
        "--limit",
        type=_limit,
        default=USUAL_LIMIT,
        metavar="N",
        help=say("the newest N entries (default 50)"),
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def _limit(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if not 1 <= number <= MOST_LISTED:
        raise argparse.ArgumentTypeError(say("must be a whole number, 1 to {most}", most=MOST_LISTED))
    return number


def run(args: argparse.Namespace) -> int:
    """Print the entries; 1 where the books don't add up or can't be looked at."""
    place = place_or_complain(args.config)
    if place is None:
        return NOT_DONE
    since_ms = 0
    try:
        since_ms = read_instant(args.since, place.utc_offset_minutes) if args.since else 0
    except NotATime:
        print(
            say('{typed} is no date. Write 2026-11-01, or "2026-11-01 08:00".', typed=args.since),
            file=sys.stderr,
        )
        return USAGE
    account, limit = AccountId(args.account), args.limit
    found = looked(
        args,
        "ledger",
        {"account": account, "since_ms": since_ms, "limit": limit},
        lambda journal, now: look_at_ledger(journal, account, since_ms, limit, now),
        place,
    )
    if isinstance(found, int):
        return found
    look = msgspec.json.decode(found.raw, type=LedgerLook | None)
    if look is None:
        print(
            say("There is no account {account}. `cardroom-gateway status` lists them.", account=account),
            file=sys.stderr,
        )
        return USAGE
    print(found.raw.decode() if args.json else "\n".join(screen(look, place.utc_offset_minutes)))
    return 0 if look.agrees else NOT_DONE


def screen(look: LedgerLook, offset: int) -> Iterator[str]:
    """The report's lines: whose, the entries, the sums."""
    yield say("{account}  room {room}", account=look.account, room=look.room)
    if look.pays_from:
        yield say("It pays from {payer}: its energy is in that account's ledger.", payer=look.pays_from)
    if look.folded_until_ms:
        yield say(
            "Entries until {when} are folded into one sum per bucket; central has them one by one.",
            when=clock_text(look.folded_until_ms, offset),
        )
    yield ""
    yield from table([say(head) for head in HEADS], _rows(look, offset))
    yield ""
    yield from _sums(look)


def _rows(look: LedgerLook, offset: int) -> Iterator[tuple[str, ...]]:
    for one in look.brought:
        amount = exact(one.amount, one.unit)
        yield (
            "",
            "",
            say("brought forward"),
            "",
            "",
            bucket_text(one.bucket),
            "",
            f"{amount} {unit_text(one.unit)}",
        )
    for entry in look.entries:
        yield from _entry_rows(entry, offset)


def _entry_rows(entry: LookedEntry, offset: int) -> Iterator[tuple[str, ...]]:
    """One row for each bucket that it moved; the first one says when and what."""
    price = entry.price_micro_yuan_per_kwh
    head = (
        clock_text(entry.at_ms, offset),
        entry.entry.rpartition(".")[2],
        _what(entry),
        exact(entry.energy_wh, Unit.KWH) if entry.energy_wh else "",
        "" if price is None else exact(price, Unit.YUAN),
    )
    if not entry.lines:
        yield (*head, "", "", "")
    for place, line in enumerate(entry.lines):
        amount, balance = exact(line.amount, line.unit), with_unit(line.balance, line.unit)
        yield (*(head if place == 0 else ("",) * len(head)), bucket_text(line.bucket), amount, balance)


def _what(entry: LookedEntry) -> str:
    parts = [say(KINDS.get(entry.kind, entry.kind))]
    if entry.source and entry.kind != "consumption":
        parts.append(entry.source)
    if entry.used_by:
        parts.append(entry.used_by)
    if entry.provisional:
        parts.append(say("(provisional: the clock was not believed)"))
    return " ".join(parts)


def _sums(look: LedgerLook) -> Iterator[str]:
    for one in look.buckets:
        if one.balance or one.folded or one.posted:
            yield say(
                "{bucket}: {balance} = {folded} folded + {posted} in entries",
                bucket=bucket_text(one.bucket),
                balance=with_unit(one.balance, one.unit),
                folded=exact(one.folded, one.unit),
                posted=exact(one.posted, one.unit),
            )
    if look.agrees:
        yield say("The balances are the sums of the entries.")
    else:
        yield say(
            "! The balances are NOT the sums of the entries. The account is not billed until a person has "
            "looked: cardroom-gateway diag, then tell support."
        )
    yield say("Used and not booked yet: {energy}", energy=with_unit(look.unsettled_wh, Unit.KWH))
    yield say("Balance as `status` shows it: {balance}", balance=with_unit(look.live_balance, look.unit))
