"""`cardroom-gateway key`: print the gateway's public key for central's enrolment. Makes the private one where there is none."""

import argparse
import json
import sys

from gateway.adapters.key_file import KEY_NAME, NoKey, load_or_create_key, public_key_hex
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, config_or_complain
from gateway.words import say


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "key",
        help=say("print the public key for central"),
        description=say("Print the gateway's public key; make the private one where there is none."),
    )
    add_config_option(parser)
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print 64 hex digits; 1 when there is no key to be had."""
    config = config_or_complain(args.config)
    if config is None:
        return NOT_DONE
    signer = load_or_create_key(config.gateway.data / KEY_NAME)
    if isinstance(signer, NoKey):
        print(signer.message, file=sys.stderr)
        return NOT_DONE
    public_key = public_key_hex(signer)
    names = {"gateway": config.gateway.id, "key_id": signer.key_id, "public_key": public_key}
    print(json.dumps(names) if args.json else public_key)
    return 0
