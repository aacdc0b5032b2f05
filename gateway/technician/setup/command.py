"""`cardroom-gateway setup`: asks for language, central's address and the enrolment code, and makes this Pi a building's gateway.

    language -> address -> code -> keys -> central -> "building X: go on?" -> files -> service -> checks

Any step may be cut off; the same again goes on. `--check` does the last step alone.
"""

import argparse
import sys
from pathlib import Path

from gateway.technician.answer import USAGE, print_json
from gateway.technician.daemon import NOT_DONE
from gateway.technician.findings import Finding, Level, as_json, exit_code, lines_of
from gateway.technician.setup.checks import check_machine
from gateway.technician.setup.dialogue import Dialogue, NoPerson
from gateway.technician.setup.places import Places
from gateway.technician.setup.steps import Outcome, Wish, set_up
from gateway.words import say

WAIT_MIN = 30


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    about = say("Make this Pi a building's gateway, by central's address and its enrolment code.")
    parser = subparsers.add_parser("setup", help=about, description=about)
    parser.add_argument(
        "--central", metavar="ADDRESS", help=say("central's address, such as cards.example.edu")
    )
    parser.add_argument(
        "--code", help=say("the building's enrolment code, from central's page “Enrolment and certificates”")
    )
    parser.add_argument("--yes", action="store_true", help=say("agree to everything that is asked"))
    parser.add_argument(
        "--wait",
        type=int,
        default=WAIT_MIN,
        metavar="MINUTES",
        help=say(
            "how long to wait for an administrator's word where the building has a gateway (default 30)"
        ),
    )
    parser.add_argument("--no-start", action="store_true", help=say("start no service"))
    parser.add_argument(
        "--check", action="store_true", help=say("change nothing; look at this Pi and its settings")
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("/"),
        metavar="ROOT",
        help=say("a root other than / for all files: a rehearsal"),
    )
    parser.add_argument(
        "--json", action="store_true", help=say("for programs: one JSON object; asks nothing")
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Set up, or only check; 0 when the gateway is set up and nothing bad was found."""
    places, dialogue = Places(args.folder.resolve()), Dialogue(yes=args.yes, quiet=args.json)
    try:
        if args.check:
            return _report(args, Outcome(check_machine(places)))
        outcome = set_up(dialogue, Wish(args.central, args.code, args.wait, not args.no_start), places)
    except NoPerson as nobody:
        return _report(args, Outcome([_nobody(str(nobody))]), usage=True)
    except (KeyboardInterrupt, EOFError):
        stopped = say("Stopped. Nothing is half done: the same command goes on.")
        print(f"\n{stopped}", file=sys.stderr)
        return NOT_DONE
    except BrokenPipeError:
        raise
    except OSError as error:
        return _report(args, Outcome([_not_written(error)]))
    return _report(args, outcome, usage=outcome.is_usage)


def _report(args: argparse.Namespace, outcome: Outcome, *, usage: bool = False) -> int:
    code = USAGE if usage else exit_code(outcome.findings)
    if args.json:
        facts = {
            "ok": code == 0,
            **outcome.facts,
            "findings": [as_json(finding) for finding in outcome.findings],
        }
        print_json(facts)
        return code
    for line in lines_of(outcome.untold):
        print(line, file=sys.stderr if usage else sys.stdout)
    if not usage:
        print(_last_line(outcome, code, check_only=args.check))
    return code


def _last_line(outcome: Outcome, code: int, *, check_only: bool) -> str:
    if check_only or not outcome.facts.get("gateway"):
        return say("Nothing bad was found.") if code == 0 else say("Something must be put right first.")
    name = {"gateway": outcome.facts["gateway"]}
    if code == 0 and outcome.has("registry-restored"):
        return say("Done: this Pi is gateway {gateway}; the building is back.", **name)
    if code == 0:
        return say(
            "Done: this Pi is gateway {gateway}. Next, find the meters: sudo systemctl stop cardroom-gateway, then "
            "sudo -u cardroom cardroom-gateway commission",
            **name,
        )
    return say("This Pi is gateway {gateway}; what is marked above must be put right.", **name)


def _nobody(message: str) -> Finding:
    return Finding(
        "setup",
        Level.BAD,
        "nobody-there",
        message,
        "",
        say("cardroom-gateway setup --help shows all of them."),
    )


def _not_written(error: OSError) -> Finding:
    what = say(
        "{file} can't be written or read: {why}.",
        file=error.filename or "?",
        why=error.strerror or str(error),
    )
    next_step = say(
        "Run the command with sudo; free some room; see that the card is not write-protected. Then the same again."
    )
    return Finding("files", Level.BAD, "not-written", what, say("Nothing is half done."), next_step)
