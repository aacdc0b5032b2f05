"""`cardroom-gateway run`: the daemon itself. Says in one sentence why it can't start or had to stop, and what to do."""

import argparse
import asyncio
import sys
from pathlib import Path

import structlog

from gateway.adapters.control_socket import AlreadyRunning
from gateway.adapters.key_file import KEY_NAME, NoKey, load_or_create_key
from gateway.adapters.log import configure_log, is_for_people
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged
from gateway.adapters.system_clock import NotABenchFile
from gateway.app.daemon import CantStart, Daemon
from gateway.application.boot import WrongGateway
from gateway.application.ports import StoreDamaged, StoreFull, StoreInUse
from gateway.config import GatewayConfig
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, config_or_complain
from gateway.words import say, use

EXPECTED = (
    AlreadyRunning,
    BrokenModels,
    CantStart,
    NotABenchFile,
    RegistryDamaged,
    StoreDamaged,
    StoreFull,
    StoreInUse,
    WrongGateway,
)
"""What can stop the daemon on a sound machine with sound software; each message says what to do."""

log = structlog.get_logger("daemon")


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "run", help=say("the daemon itself"), description=say("The daemon itself; systemd starts it.")
    )
    add_config_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or Ctrl-C; 1 when it could not start or had to stop."""
    config = config_or_complain(args.config)
    if config is None:
        return NOT_DONE
    # The daemon's log, alarms and answers are for central and for every technician: one language for all of them.
    use("en")
    configure_log(config.log.level, config.log.format)
    signer = load_or_create_key(config.gateway.data / KEY_NAME)
    if isinstance(signer, NoKey):
        return _stopped(config, signer.message)
    try:
        asyncio.run(Daemon(config, signer, read_models(), _renewal(args.config)).run())
    except EXPECTED as error:
        return _stopped(config, str(error))
    except KeyboardInterrupt:
        pass  # before the daemon could take the signal itself
    except Exception:
        # Not expected by anybody: the trace is for the log, a fresh start is systemd's.
        log.exception("failed")
        return NOT_DONE
    return 0


def _renewal(config: Path) -> tuple[str, ...]:
    """The command that renews this gateway's certificate."""
    return sys.executable, "-m", "gateway", "renew", "--config", str(config), "--json"


def _stopped(config: GatewayConfig, why: str) -> int:
    """Say it in the form of everything else that goes there."""
    if is_for_people(config.log.format):
        print(say("cardroom-gateway stops: {why}", why=why), file=sys.stderr)
    else:
        log.error("stopped", why=why)
    return NOT_DONE
