"""`find --save` and `find --undo`: show what would be written, ask, write; take it back."""

import argparse
import sys

from gateway.adapters.registry_store import RegistryStore
from gateway.technician.agreement import agreed
from gateway.technician.answer import FAILED, OK, print_json
from gateway.technician.find.found import FindState
from gateway.technician.find.saving import Proposal, propose, take_back, write
from gateway.technician.find.state_file import StateFile
from gateway.technician.table import table
from gateway.words import mark, say

LEFT_OUT = {
    "duplicate-address": mark("{address} on {port} is left out: several meters answer there."),
    "no-model": mark("{address} on {port} is left out: its model is not known."),
    "other-speed": mark(
        "{address} on {port} is left out: the line has another speed or parity ({baud} {parity} here)."
    ),
}


def save(
    args: argparse.Namespace, state: FindState, shown: FindState, store: StateFile, registry: RegistryStore
) -> int:
    """Write what is shown, after asking. Returns 0 when it is written or was before."""
    proposal = propose(shown, registry)
    if not args.json:
        _show(proposal)
    if not proposal.meters:
        _tell(
            args,
            say("Nothing new to write: {known} of the meters are registered already.", known=proposal.known),
        )
        return OK
    if not args.yes and not agreed(say("Write this into the registry? [y/N] ")):
        print(say("Nothing was written."), file=sys.stderr)
        return FAILED
    if refusals := write(proposal, state, registry):
        _tell(args, say("Nothing was written: {refusal}", refusal=refusals[0]))
        return FAILED
    store.save(state)
    _tell(
        args,
        say(
            "Written: {lines} lines, {meters} meters. `cardroom-gateway find --undo` takes it back.",
            lines=len(proposal.lines),
            meters=len(proposal.meters),
        ),
    )
    return OK


def undo(args: argparse.Namespace, state: FindState, store: StateFile, registry: RegistryStore) -> int:
    """Take back what the last --save wrote. Returns 1 when there was nothing."""
    if not any(state.saved.values()):
        sentence = say("There is nothing to take back: --save wrote nothing, or it was taken back before.")
        if args.json:
            print_json({"ok": False, "error": "nothing-saved", "what": sentence})
        else:
            print(sentence, file=sys.stderr)
        return FAILED
    removed = take_back(state, registry)
    store.save(state)
    if args.json:
        print_json({"ok": True, "removed": dict(removed)})
    else:
        counts = {name: len(rows) for name, rows in removed.items()}
        print(say("Taken back: {lines} lines, {meters} meters.", **counts))
    return OK


def _show(proposal: Proposal) -> None:
    print()
    for line in proposal.lines:
        print(
            say(
                "new line {name}: {port} at {baud} {parity}",
                name=line.name,
                port=line.port,
                baud=line.baud,
                parity=line.parity,
            )
        )
    if proposal.meters:
        head = [say(text) for text in (mark("number"), mark("line"), mark("address"), mark("model"))]
        rows = [(row.meter_number, row.line, row.address, row.model) for row in proposal.meters]
        for text in table(head, rows):
            print(text)
    for meter, why in proposal.left_out:
        print(
            say(
                LEFT_OUT[why],
                address=meter.address,
                port=meter.line.port,
                baud=meter.line.baud,
                parity=meter.line.parity,
            )
        )


def _tell(args: argparse.Namespace, sentence: str) -> None:
    print(sentence, file=sys.stderr if args.json else sys.stdout)
