"""The arguments of `cardroom-central signing-key`. Read before Django is set up."""

import argparse


def add_signing_keys(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command and its actions."""
    key = commands.add_parser(
        "signing-key", help="the keys that gateways believe: prepare, switch, retire, recover"
    )
    key.set_defaults(run="signing_keys.show")
    actions = key.add_subparsers(metavar="ACTION")
    show = actions.add_parser("list", help="show them, and who believes which (the default)")
    show.set_defaults(run="signing_keys.show")
    prepare = actions.add_parser("prepare", help="make the next key; its private half goes into FILE alone")
    prepare.add_argument("file", metavar="FILE")
    prepare.add_argument("--again", action="store_true", help="the file of the one prepared before is lost")
    prepare.set_defaults(run="signing_keys.prepare")
    switch = actions.add_parser("switch", help="sign with the key of FILE from now on")
    recover = actions.add_parser("recover", help="the key that signed is lost: go on with the one of FILE")
    retire = actions.add_parser("retire", help="have a key believed by nobody any more")
    retire.add_argument("key", metavar="ID", help="its first 16 digits")
    retire.add_argument(
        "--vouchers-too", action="store_true", help="sealed vouchers of this key become worthless"
    )
    for action, run in ((switch, "switch"), (recover, "recover")):
        action.add_argument("file", metavar="FILE")
        action.set_defaults(run=f"signing_keys.{run}")
    for action in (switch, retire):
        action.add_argument(
            "--without",
            action="append",
            default=[],
            metavar="GATEWAY",
            help="leave this one behind; again for each",
        )
    retire.set_defaults(run="signing_keys.retire")
