"""The names of things that cross the link. An id is made by its originator and stored before it is sent (C-1)."""

import re
from typing import NewType

GatewayId = NewType("GatewayId", str)
MeterNo = NewType("MeterNo", str)
"""A meter's number, unique in the campus (the label on the case, not its bus address)."""
AccountId = NewType("AccountId", str)
"""A metering point with its dated occupancy (C-4)."""
EntryId = NewType("EntryId", str)
GrantId = NewType("GrantId", str)
CommandId = NewType("CommandId", str)
AlarmId = NewType("AlarmId", str)
Epoch = NewType("Epoch", str)
"""One life of a gateway's store; a restored or rebuilt store begins a new one (C-11)."""
BootId = NewType("BootId", str)
KeyId = NewType("KeyId", str)

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")


class NotAnIdentifier(ValueError):
    """The text can't name a thing on the link (topics and file names are made of it)."""


def checked(text: str) -> str:
    """Give the text back when it is 1-64 of letters, digits, `.` `_` `:` `-`, starting with a letter or digit.

    Raises NotAnIdentifier otherwise: MQTT wildcards, slashes and spaces never reach a topic.
    """
    if not _SAFE.fullmatch(text):
        raise NotAnIdentifier(f"{text!r}: use 1-64 letters, digits, '.', '_', ':' or '-'")
    return text


def entry_id(gateway: GatewayId, epoch: Epoch, number: int) -> EntryId:
    """Name the gateway's own ledger entry; unique without any coordination."""
    return EntryId(f"{gateway}.{epoch}.{number}")
