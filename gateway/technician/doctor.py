"""`cardroom-gateway doctor`: what is wrong with this gateway, its lines, its meters, its link; each with the next step.

It looks at the machine, the daemon, the way to the broker, and every line: through the daemon where it runs, else by asking the
meters itself. Nothing is changed; nothing but questions goes over a line.
"""

import argparse
import asyncio
import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from gateway.adapters.control_client import Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, StatusReport
from gateway.adapters.registry_store import LineRow
from gateway.config import GatewayConfig, load_config, wording
from gateway.technician.checks.alarms import judge_alarms
from gateway.technician.checks.central_side import judge_central
from gateway.technician.checks.line_adapter import judge_adapter
from gateway.technician.checks.line_company import judge_company
from gateway.technician.checks.line_facts import LineFacts
from gateway.technician.checks.line_wires import judge_wires
from gateway.technician.checks.meter_clocks import judge_clocks
from gateway.technician.checks.service import judge_service, read_service
from gateway.technician.config_check import add_config_option
from gateway.technician.findings import Finding, Level, as_json, exit_code, lines_of
from gateway.technician.line_states import live_states
from gateway.technician.site import Site, line_or_complain, site_or_complain
from gateway.words import language, mark, say

USAGE = 2
DESCRIPTION = mark(
    "Looks at the machine, the daemon, the way to the broker and every line, and names what is wrong with the next step. Through "
    "the daemon where it runs, else by asking the meters itself. Nothing is changed."
)
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
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Look and tell. Returns 0 when nothing is bad, 1 when something is, 2 for a line that is not there."""
    site = site_or_complain(args)
    if isinstance(site, int):
        return site
    lines = line_or_complain(site, args.line) if args.line or site.lines else []
    if lines is None:
        return USAGE
    try:
        findings = examine(site, lines, args)
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
        print(json.dumps(document, ensure_ascii=False))
        return code
    counts = Counter(finding.level for finding in ordered)
    try:
        print("\n".join(lines_of(ordered)))
        print(
            say(
                "{bad} faults, {ask} to look at, {good} good.",
                bad=counts[Level.BAD],
                ask=counts[Level.ASK],
                good=counts[Level.GOOD],
            ),
            flush=True,
        )
    except BrokenPipeError:
        sys.stderr.close()
    return code


def examine(site: Site, lines: Sequence[LineRow], args: argparse.Namespace) -> list[Finding]:
    """Look at everything, or at one line."""
    report = _ask_status(site)
    findings = list(_lines(site, lines, args, is_running=report is not None))
    if args.line:
        return findings
    return [*_machine(site, args, report), *findings]


def _ask_status(site: Site) -> StatusReport | None:
    reply = ask(site.folder / SOCKET_NAME, "status")
    if isinstance(reply, Unreachable) or reply.refusal is not None:
        return None
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
        states = live_states(site)
        if not isinstance(states, list):
            return []
        return live_facts([state for state in states if state.line in names])
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
    yield from judge_service(read_service(is_running=report is not None), report)
    config = load_config(args.config)
    if isinstance(config, GatewayConfig):
        yield from _link(config, report)
    else:
        for mistake in config:
            yield Finding("config", Level.BAD, mistake.code, wording(mistake, language()))
    if report is not None:
        yield from judge_central(report)
        yield from judge_alarms(report.alarms)


def _link(config: GatewayConfig, report: StatusReport | None) -> Iterable[Finding]:
    from gateway.technician.checks.link_gather import link_findings

    return link_findings(config, report)
