"""`cardroom-gateway run`: the daemon itself. Says in one sentence why it can't start, and what to do."""

import argparse
import asyncio
import sys

from gateway.adapters.control_socket import AlreadyRunning
from gateway.adapters.key_file import NoKey, load_or_create_key
from gateway.adapters.log import configure_log
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged
from gateway.adapters.system_clock import NotABenchFile
from gateway.app.daemon import Daemon
from gateway.application.boot import WrongGateway
from gateway.application.ports import StoreDamaged, StoreFull
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, config_or_complain

KEY_NAME = "gateway.key"
CANT_START = (
    AlreadyRunning,
    BrokenModels,
    NotABenchFile,
    OSError,
    RegistryDamaged,
    StoreDamaged,
    StoreFull,
    WrongGateway,
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser("run", help="the daemon itself", description=__doc__)
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; 1 when it could not start or had to stop."""
    config = config_or_complain(args.config)
    if config is None:
        return NOT_DONE
    configure_log(config.log.level, config.log.format)
    signer = load_or_create_key(config.gateway.data / KEY_NAME)
    if isinstance(signer, NoKey):
        print(signer.message, file=sys.stderr)
        return NOT_DONE
    try:
        asyncio.run(Daemon(config, signer, read_models()).run())
    except CANT_START as error:
        print(f"cardroom-gateway stops: {error}", file=sys.stderr)
        return NOT_DONE
    return 0
