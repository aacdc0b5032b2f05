"""The arguments of `backup`, `restore` and `restored`: read before Django is set up."""

import argparse


def add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the three commands; their help is translated when it is shown."""
    _add_backup(commands)
    _add_restore(commands)


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser(
        "backup", help="the whole central in one encrypted file, while the desk sells"
    )
    backup.add_argument(
        "target", nargs="?", metavar="FILE|FOLDER", help="where to; never over a file that is there"
    )
    backup.add_argument(
        "--keep", type=int, metavar="N", help="with a folder: keep the newest N of central's there"
    )
    backup.add_argument(
        "--without-telemetry", dest="telemetry", action="store_false", help="leave readings and histories out"
    )
    backup.add_argument(
        "--rehearse",
        action="store_true",
        help="restore what was written into a folder that goes again, and verify it",
    )
    backup.add_argument(
        "--new-key",
        action="store_true",
        help="make a new recovery key and show it once; earlier backups keep theirs",
    )
    backup.add_argument(
        "--key-to", metavar="FILE", help="with --new-key: write the key into a file instead of showing it"
    )
    backup.set_defaults(run="backup.backup")


def _add_restore(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    restore = commands.add_parser("restore", help="put a backup back, or rehearse it")
    restore.add_argument("file", metavar="FILE|FOLDER", help="a backup, or a folder: its newest one")
    restore.add_argument("--to", metavar="FOLDER", help="where to put it (default: the data folder)")
    restore.add_argument("--rehearse", action="store_true", help="prove the file; put nothing back")
    restore.add_argument(
        "--ask-key", action="store_true", help="with --rehearse: ask for the recovery key, and open it"
    )
    restore.add_argument(
        "--key-file", metavar="FILE", help="read the recovery key from a file instead of asking"
    )
    restore.add_argument(
        "--replace", action="store_true", help="a central is there: keep it aside and take its place"
    )
    restore.set_defaults(run="restore.restore")
    restored = commands.add_parser("restored", help="what a central that was restored still waits for")
    restored.set_defaults(run="restored.show")
    begin = restored.add_subparsers(metavar="ACTION").add_parser(
        "begin", help="begin the new incarnation; `restore` does it by itself"
    )
    begin.add_argument("--incarnation", required=True)
    begin.add_argument("--backup-ms", type=int, required=True)
    begin.add_argument("--software", default="")
    begin.set_defaults(run="restored.begin")
