"""`cardroom-gateway logs`: what the daemon logged, in words: from systemd's journal, a file, or standard input."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.adapters.journalctl import LEVELS as PRIORITIES
from gateway.adapters.journalctl import NoJournal, journal_lines, message_of
from gateway.adapters.system_clock import RealTime
from gateway.config import GatewayConfig, load_config
from gateway.technician.answer import USAGE
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.local_time import NotATime, clock_text, read_span_s
from gateway.technician.log_words import EVENTS
from gateway.technician.looking import USUAL_OFFSET_MINUTES
from gateway.words import mark, say

LEVELS = ("debug", "info", "warning", "error")
LEVEL_WORDS = {
    "debug": mark("debug"),
    "info": mark("info"),
    "warning": mark("WARNING"),
    "error": mark("ERROR"),
}
OWN_FIELDS = ("event", "level", "timestamp", "part", "exception")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "logs",
        help=say("what the daemon logged, in words"),
        description=say("The daemon's log in words, from systemd's journal."),
    )
    parser.add_argument(
        "--since", default="1h", metavar="SPAN", help=say("how far back: 90s, 15m, 2h, 3d (default 1h)")
    )
    parser.add_argument("--level", choices=LEVELS, default="debug", help=say("this level and worse"))
    parser.add_argument("--grep", default="", metavar="TEXT", help=say("lines with this text only"))
    parser.add_argument("--follow", action="store_true", help=say("go on with what comes, until Ctrl-C"))
    parser.add_argument(
        "--file", metavar="FILE", help=say("read JSON lines from a file, or - for standard input, instead")
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object a line"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the lines; 1 where there is no log to be had."""
    try:
        since_s = read_span_s(args.since)
    except NotATime:
        print(say("{typed} is no span of time. Write 90s, 15m, 2h or 3d.", typed=args.since), file=sys.stderr)
        return USAGE
    lines = _from_file(args.file) if args.file else _from_journal(since_s, follow=args.follow)
    if isinstance(lines, str):
        print(lines, file=sys.stderr)
        return NOT_DONE
    offset = offset_of(args.config)
    oldest_ms = RealTime().wall_ms() - since_s * 1000 if not args.file else 0
    count = 0
    for line in chosen(lines, args.level, args.grep, oldest_ms):
        count += 1
        print(
            json.dumps(line, ensure_ascii=False) if args.json else "\n".join(told(line, offset)),
            flush=args.follow,
        )
    if not count:
        print(
            say("No such line. Look further back with --since, or leave --level and --grep away."),
            file=sys.stderr,
        )
    return 0


def offset_of(config: Path) -> int:
    """The building's local time; China's where there is no configuration to say."""
    loaded = load_config(config)
    return loaded.clock.utc_offset_minutes if isinstance(loaded, GatewayConfig) else USUAL_OFFSET_MINUTES


def _from_journal(since_s: int, *, follow: bool) -> Iterable[dict[str, Any]] | str:
    found = journal_lines(since_s, follow=follow)
    if not isinstance(found, NoJournal):
        return (line_of(message_of(entry), entry) for entry in found)
    if not found.why:
        return say(
            "There is no journalctl here, so there is no journal to read. Give the log as a file: "
            "cardroom-gateway logs --file FILE"
        )
    return say(
        "The journal can't be read: {why}. Use sudo, or join the group: sudo usermod -aG systemd-journal $USER",
        why=found.why,
    )


def _from_file(name: str) -> Iterable[dict[str, Any]] | str:
    if name == "-":
        return (line_of(text.rstrip("\n"), {}) for text in sys.stdin)
    try:
        texts = Path(name).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        return say("{path} can't be read: {why}.", path=name, why=error.strerror)
    return (line_of(text, {}) for text in texts)


def line_of(text: str, entry: dict[str, Any]) -> dict[str, Any]:
    """Give a log line's fields; a line that is no JSON, such as systemd's own, is its own event."""
    with suppress(ValueError):
        fields = json.loads(text)
        if isinstance(fields, dict) and "event" in fields:
            return fields
    level = (
        PRIORITIES.get(int(entry["PRIORITY"]), "info") if str(entry.get("PRIORITY", "")).isdigit() else "info"
    )
    stamp = str(entry.get("__REALTIME_TIMESTAMP", ""))
    when = (
        {"timestamp": datetime.fromtimestamp(int(stamp) // 1_000_000, UTC).isoformat()}
        if stamp.isdigit()
        else {}
    )
    return {"event": text, "level": level, "part": str(entry.get("SYSLOG_IDENTIFIER", "")), **when}


def chosen(
    lines: Iterable[dict[str, Any]], level: str, text: str, oldest_ms: int
) -> Iterator[dict[str, Any]]:
    """Give the lines that are wanted: bad enough, new enough, with the text in them or in their words."""
    least = LEVELS.index(level)
    for line in lines:
        own = str(line.get("level", "info"))
        rank = LEVELS.index(own) if own in LEVELS else LEVELS.index("error")
        at_ms = _at_ms(line)
        is_wanted = rank >= least and (at_ms is None or at_ms >= oldest_ms)
        if is_wanted and (not text or text.lower() in _all_of(line).lower()):
            yield line


def _all_of(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False) + say(EVENTS.get(str(line["event"]), ""))


def _at_ms(line: dict[str, Any]) -> int | None:
    with suppress(ValueError, KeyError, TypeError):
        return int(datetime.fromisoformat(line["timestamp"]).timestamp() * 1000)
    return None


def told(line: dict[str, Any], offset: int) -> Iterator[str]:
    """Give a line in words: when, how bad, what it means, its code and its facts; a trace below it."""
    event, level = str(line["event"]), str(line.get("level", "info"))
    words = say(EVENTS[event]) if event in EVENTS else ""
    facts = " ".join(f"{name}={value}" for name, value in line.items() if name not in OWN_FIELDS)
    code = f"[{event}]" if words else event
    shown = (
        clock_text(_at_ms(line), offset),
        say(LEVEL_WORDS.get(level, level)),
        str(line.get("part", "")),
        words,
        code,
        facts,
    )
    yield "  ".join(part for part in shown if part)
    yield from (f"    {trace}" for trace in str(line.get("exception", "")).splitlines())
