"""`cardroom-gateway outbox`: what waits for central, since when, and why it waits (C-11)."""

import argparse
from collections.abc import Iterator

import msgspec

from gateway.application.outbox_look import OutboxLook, look_at_outbox
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.local_time import clock_text
from gateway.technician.looking import looked, place_or_complain
from gateway.technician.table import table
from gateway.words import mark, say

MOST_LISTED = 1_000
HEADS = [mark("kind of row"), mark("rows"), mark("bytes"), mark("oldest")]
ROW_HEADS = [mark("epoch"), mark("row"), mark("kind of row"), mark("about"), mark("written"), mark("bytes")]
EPOCH_HEADS = [
    mark("epoch"),
    mark("newest row"),
    mark("central needs"),
    mark("waiting"),
    mark("kept from"),
    mark("readings thinned"),
]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say("What waits for central, and why: rows by kind, how far central is, what was thinned.")
    parser = subparsers.add_parser("outbox", help=say("what waits for central"), description=what)
    parser.add_argument(
        "--limit", type=_count, default=0, metavar="N", help=say("list the N oldest rows too (default 0)")
    )
    parser.add_argument(
        "--kind", default="", metavar="KIND", help=say("list rows of this kind only, e.g. entry")
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    number = int(text) if text.isdigit() else -1
    if not 0 <= number <= MOST_LISTED:
        raise argparse.ArgumentTypeError(say("must be a whole number, 0 to {most}", most=MOST_LISTED))
    return number


def run(args: argparse.Namespace) -> int:
    """Print what waits; 1 where it can't be looked at."""
    place = place_or_complain(args.config)
    if place is None:
        return NOT_DONE
    limit = args.limit or (20 if args.kind else 0)
    found = looked(
        args,
        "outbox",
        {"limit": limit, "kind": args.kind},
        lambda journal, now: look_at_outbox(journal, args.kind, limit, now),
        place,
    )
    if isinstance(found, int):
        return found
    if args.json:
        print(found.raw.decode())
        return 0
    look = msgspec.json.decode(found.raw, type=OutboxLook)
    print("\n".join(screen(look, place.utc_offset_minutes)))
    return 0


def screen(look: OutboxLook, offset: int) -> Iterator[str]:
    """The report's lines: how much, why, then the tables."""
    yield f"{look.gateway}  {say('epoch {epoch}', epoch=look.epoch)}"
    if look.rows:
        yield say(
            "{rows} rows wait for central, the oldest since {when}.",
            rows=look.rows,
            when=clock_text(look.oldest_ms, offset),
        )
    else:
        yield say("Nothing waits: central has acknowledged every row.")
    yield say("Central last acknowledged something new: {when}.", when=clock_text(look.heard_ms, offset))
    yield from reasons(look)
    yield from _tables(look, offset)


def reasons(look: OutboxLook) -> Iterator[str]:
    """Why rows wait, and what was lost on the way to them."""
    if not look.is_opened:
        yield say(
            "! Central has not opened this epoch yet: it takes no command until central's configuration with "
            "the opening has come."
        )
    if look.link_connected is None:
        yield say("! The daemon is stopped: nothing is sent.")
    elif not look.link_connected:
        yield say("! Link: {link}", link=look.link)
    elif look.rows:
        yield say("The link is up: rows are under way, and go once central has stored them.")
    if look.sent_again:
        yield say(
            "Sent again for want of an acknowledgement: {times} times since the daemon's start.",
            times=look.sent_again,
        )
    if look.readings_lost:
        yield say(
            "! A full disk kept {count} readings from being written; their energy is in the next ones.",
            count=look.readings_lost,
        )


def _tables(look: OutboxLook, offset: int) -> Iterator[str]:
    if look.kinds:
        yield ""
        rows = [
            (one.kind, str(one.rows), str(one.bytes), clock_text(one.oldest_ms, offset)) for one in look.kinds
        ]
        yield from table([say(head) for head in HEADS], rows)
        if look.counted < look.rows:
            yield say("(by kind: the oldest {count} rows)", count=look.counted)
    yield ""
    lives = [
        (
            e.epoch,
            str(e.last_seq),
            str(e.expected),
            str(e.waiting),
            str(e.kept_from_seq),
            str(e.thinned_readings),
        )
        for e in look.epochs
    ]
    yield from table([say(head) for head in EPOCH_HEADS], lives)
    if look.listed:
        yield ""
        listed = [
            (r.epoch, str(r.seq), r.kind, r.about, clock_text(r.written_ms, offset), str(r.bytes))
            for r in look.listed
        ]
        yield from table([say(head) for head in ROW_HEADS], listed)
