"""Where messages travel. The broker's access list isolates gateways by the third level."""

from gateway.contract.identifiers import GatewayId, checked

ROOT = "cardroom/1"

STATE = "state"
"""Retained; the broker's last will says offline. For display only: nothing is decided from it."""
BIRTH = "birth"
"""Retained and signed: boot, epoch, sequences, meters."""
UP = "up"
"""Signed batches of outbox rows."""
ACK = "ack"
"""Signed: stored up to this sequence."""
DOWN = "down"
"""Signed, numbered commands."""
ANSWER = "answer"
"""Signed: a command was refused, or which number is expected."""


def topic(gateway: GatewayId, leaf: str) -> str:
    """Name one gateway's topic: `cardroom/1/b1/up`."""
    return f"{ROOT}/{checked(gateway)}/{leaf}"


def all_gateways(leaf: str) -> str:
    """The subscription of central's ingest for one kind of message."""
    return f"{ROOT}/+/{leaf}"


def gateway_of(name: str) -> GatewayId | None:
    """The gateway a topic belongs to, or None when it is not one of ours."""
    parts = name.split("/")
    if len(parts) != 4 or "/".join(parts[:2]) != ROOT:
        return None
    return GatewayId(parts[2])
