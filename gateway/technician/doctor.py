"""`cardroom-gateway doctor`: what is wrong with this gateway, its lines, its meters, its link; each with the next step.

It looks at the machine, the daemon, the way to the broker, and every line: through the daemon where it runs, else by asking the
meters itself. Nothing is changed; nothing but questions goes over a line.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from gateway.adapters.control_client import Trouble, Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, StatusReport
from gateway.adapters.registry_store import LineRow
from gateway.config import GatewayConfig, load_config, wording
from gateway.technician.answer import USAGE, print_json
from gateway.technician.checks.alarms import judge_alarms
from gateway.technician.checks.central_side import judge_central
from gateway.technician.checks.line_adapter import judge_adapter
from gateway.technician.checks.line_company import judge_company
from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.checks.line_wires import judge_wires
from gateway.technician.checks.meter_clocks import judge_clocks
from gateway.technician.checks.rooms import judge_rooms, told_of
from gateway.technician.checks.service import judge_service, read_service
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, NOT_RUNNING, refusal_text
from gateway.technician.findings import Finding, Level, as_json, exit_code, lines_of
from gateway.technician.line_states import live_states
from gateway.technician.site import Site, line_or_complain, site_or_complain
from gateway.words import language, mark, say

DESCRIPTION = mark(
    "Looks at the machine, the daemon, the way to the broker and every line, and names what is wrong with the next step. Through "
    "the daemon where it runs, else by asking the meters itself. Nothing is changed."
)
WATCHED_S, LONGEST_WATCH_S = 5, 3600
"""How long running lines are watched: twenty tries at 2400 baud."""
BLURRED = frozenset({"address-twice", "meter-garbled", "line-garbled", "noise"})
"""What two masters look like from here, too: it is told when the other one is gone."""
ORDER = (Level.BAD, Level.ASK, Level.SKIPPED, Level.GOOD)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "doctor", help=say("what is wrong here, and what to do about it"), description=say(DESCRIPTION)
    )
    parser.add_argument("--line", metavar="L", help=say("look at this line alone (default: at everything)"))
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    text = mark("how long to watch running lines (default {seconds})")
    parser.add_argument(
        "--seconds", type=_seconds, default=WATCHED_S, metavar="N", help=say(text, seconds=WATCHED_S)
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 0 < int(text[:9]) <= LONGEST_WATCH_S:
        message = say(
            "must be a number of seconds from 1 to {most}, not {found}",
            most=LONGEST_WATCH_S,
            found=repr(text),
        )
        raise argparse.ArgumentTypeError(message)
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Look and tell. Returns 0 when nothing is bad, 1 when something is, 2 for a line that is not there, 3 when the daemon runs and
    may not be asked."""
    site = site_or_complain(args)
    if isinstance(site, int):
        return site
    lines = line_or_complain(site, args.line) if args.line or site.lines else []
    if lines is None:
        return USAGE
    report = _ask_status(site)
    if isinstance(report, int):
        return report
    try:
        findings = examine(site, lines, args, report)
    except KeyboardInterrupt:
        print(say("Stopped: nothing was changed."), file=sys.stderr)
        return 1
    return tell(findings, args)


def tell(findings: Sequence[Finding], args: argparse.Namespace) -> int:
    """Print what was found, the worst first."""
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding.level))
    code = exit_code(ordered)
    if args.json:
        document = {"ok": code == 0, "findings": [as_json(finding) for finding in ordered]}
        print_json(document)
        return code
    counts = Counter(finding.level for finding in ordered)
    try:
        print("\n".join(lines_of(ordered)))
        print(
            say(
                "Faults: {bad}. To look at: {ask}. Good: {good}.",
                bad=counts[Level.BAD],
                ask=counts[Level.ASK],
                good=counts[Level.GOOD],
            ),
            flush=True,
        )
    except BrokenPipeError:
        sys.stderr.close()
    return code


def examine(
    site: Site, lines: Sequence[LineRow], args: argparse.Namespace, report: StatusReport | None
) -> list[Finding]:
    """Look at everything, or at one line. `report` is the daemon's; None: it is stopped, its lines are ours to ask."""
    findings = list(_lines(site, lines, args, is_running=report is not None))
    if args.line:
        return findings
    return without_repeats([*_machine(site, args, report), *findings])


def without_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """Tell a line's fault once: the machine's check of ports knows of a spare adapter, the line's own doesn't."""
    kept: dict[tuple[str, object], Finding] = {}
    for place, finding in enumerate(findings):
        kept.setdefault((finding.code, finding.facts.get("line", place)), finding)
    return list(kept.values())


def _ask_status(site: Site) -> StatusReport | int | None:
    """None: the daemon is stopped. A number: it runs and can't be asked, so its lines must be left alone; the reason is told."""
    reply = ask(site.folder / SOCKET_NAME, "status")
    if isinstance(reply, Unreachable):
        if reply.trouble is Trouble.NOT_RUNNING:
            return None
        print(reply.message, file=sys.stderr)
        return NOT_RUNNING
    if reply.refusal is not None:
        print(refusal_text(reply), file=sys.stderr)
        return NOT_DONE
    return msgspec.json.decode(bytes(reply.result), type=StatusReport)


# ---- lines -------------------------------------------------------------------------------------------------------


def _lines(
    site: Site, lines: Sequence[LineRow], args: argparse.Namespace, *, is_running: bool
) -> Iterable[Finding]:
    for facts in _line_facts(site, lines, args, is_running=is_running):
        yield from judge_line(facts)


def judge_line(facts: LineFacts) -> list[Finding]:
    """All that is found at one line."""
    found = [*judge_company(facts), *judge_wires(facts), *judge_adapter(facts), *judge_clocks(facts)]
    if any(finding.code == "second-master" for finding in found):
        return [finding for finding in found if finding.code not in BLURRED]
    return found


def _line_facts(
    site: Site, lines: Sequence[LineRow], args: argparse.Namespace, *, is_running: bool
) -> Iterable[LineFacts]:
    from gateway.technician.checks.line_gather import ask_line, live_facts

    names = {line.name for line in lines}
    if is_running:
        before = live_states(site)
        if sys.stderr.isatty() and lines:
            print(say("Watching the lines for {seconds} s ...", seconds=args.seconds), file=sys.stderr)
        time.sleep(args.seconds if lines else 0)
        after = live_states(site)
        if not isinstance(before, list) or not isinstance(after, list):
            return []
        return live_facts(before, [state for state in after if state.line in names])
    zone = _utc_offset_minutes(args)
    return [asyncio.run(ask_line(site, line, zone, _progress)) for line in lines]


def _utc_offset_minutes(args: argparse.Namespace) -> int:
    loaded = load_config(args.config)
    return loaded.clock.utc_offset_minutes if isinstance(loaded, GatewayConfig) else 480


def _progress(line: str, done: int, count: int) -> None:
    if not sys.stderr.isatty():
        return
    text = say("line {line}: asked {done} of {count} meters", line=line, done=done, count=count)
    print(f"\r{text} ", end="\n" if done == count else "", file=sys.stderr, flush=True)


# ---- the rest ----------------------------------------------------------------------------------------------------


def _machine(site: Site, args: argparse.Namespace, report: StatusReport | None) -> Iterable[Finding]:
    from gateway.technician.checks.machine_gather import machine_findings

    yield from judge_service(read_service(is_running=report is not None), report)
    yield from machine_findings(site, args.config)
    config = load_config(args.config)
    if isinstance(config, GatewayConfig):
        yield from _link(config, report)
    else:
        for mistake in config:
            yield Finding("config", Level.BAD, mistake.code, wording(mistake, language()))
    if report is not None:
        yield from judge_central(report)
        yield from judge_rooms(report.rooms)
        yield from judge_alarms(report.alarms, told_of(report.rooms))


def _link(config: GatewayConfig, report: StatusReport | None) -> Iterable[Finding]:
    from gateway.technician.checks.link_gather import link_findings

    return link_findings(config, report)
