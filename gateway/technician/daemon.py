"""How a technician's command reaches the running daemon: find its socket by the configuration, ask, say plainly what failed."""

import argparse
import sys
from pathlib import Path

from gateway.adapters.control_client import Unreachable, ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply
from gateway.config import GatewayConfig, load_config, wording
from gateway.technician.rule_words import detail_text
from gateway.words import language, say

NOT_DONE = 1
NOT_RUNNING = 3


def config_or_complain(path: Path, *, may_lack: str = "") -> GatewayConfig | None:
    """The configuration, or None after its mistakes went to stderr; `may_lack` as `load_config` takes it."""
    loaded = load_config(path, may_lack=may_lack)
    if isinstance(loaded, GatewayConfig):
        return loaded
    for mistake in loaded:
        print(wording(mistake, language()), file=sys.stderr)
    return None


def folder_or_complain(path: Path) -> Path | None:
    """The daemon's folder. That nothing can be written there now, its disk being full, keeps nobody from asking the daemon."""
    loaded = load_config(path)
    if isinstance(loaded, list) and all(mistake.code == "not-writable" for mistake in loaded):
        return Path(str(loaded[0].facts["found"]))
    config = config_or_complain(path)
    return config.gateway.data if config else None


def order(
    args: argparse.Namespace, do: str, arguments: dict[str, str | int | bool] | None = None
) -> bytes | int:
    """Give the daemon's result as JSON, or the exit code after the reason went to stderr."""
    folder = folder_or_complain(args.config)
    if folder is None:
        return NOT_DONE
    reply = ask(folder / SOCKET_NAME, do, arguments)
    if isinstance(reply, Unreachable):
        print(reply.message, file=sys.stderr)
        return NOT_RUNNING
    if reply.refusal is not None:
        print(refusal_text(reply), file=sys.stderr)
        return NOT_DONE
    return bytes(reply.result)


def refusal_text(reply: Reply) -> str:
    """Say why the daemon did not do it, in the reader's language; its `why` may be a sentence of its own."""
    facts: dict[str, str] = {
        name: detail_text(fact) if name == "why" else fact for name, fact in reply.facts.items()
    }
    said = say(reply.text, **facts) if reply.text else reply.message
    message = f"{reply.about}: {said}" if reply.about else said
    return say("Not done ({refusal}): {message}", refusal=reply.refusal, message=message)
