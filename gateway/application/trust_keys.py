"""Which of central's keys are believed beside those of the gateway's own file: told by a signed command, kept in the store (R-G5).

A key that was retired is believed nowhere, also where the file still names it. A key that a person writes into the file is
believed, unless it was retired: that is the way back when every key that central ever told was lost.
"""

from gateway.application.known_grants import Done
from gateway.application.ports import Journal
from gateway.application.records import ONLY, KeysTold
from gateway.contract.commands import MOST_KEYS, TrustKeys
from gateway.contract.envelope import keyring_from_hex
from gateway.contract.facts import CommandOutcome

KEY_HEX = 64


def apply_trust_keys(journal: Journal, body: TrustKeys, signed_by: str) -> Done:
    """Keep what central says of its keys, in place of what it said before; refuse what would leave the signer unbelieved."""
    told = KeysTold(_plain(body.keys), _plain(body.retired))
    if max(len(told.keys), len(told.retired)) > MOST_KEYS or not all(
        map(_is_key, (*told.keys, *told.retired))
    ):
        return Done(CommandOutcome.REFUSED, "not every key is 64 hex digits")
    signer = [key for key in told.keys if key.startswith(signed_by)]
    if not signer or set(told.keys) & set(told.retired):
        return Done(CommandOutcome.REFUSED, "the key that signed this would not be believed any more")
    if journal.record(KeysTold, ONLY) == told:
        return Done(CommandOutcome.EXISTS)
    journal.keep(ONLY, told)
    return Done(CommandOutcome.APPLIED)


def keys_told(journal: Journal) -> KeysTold:
    """Give what central said last of its keys; nothing in a store that was never told."""
    return journal.record(KeysTold, ONLY) or KeysTold()


def _plain(keys: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(key.lower() for key in keys))


def _is_key(text: str) -> bool:
    try:
        keyring_from_hex([text])
    except ValueError:
        return False
    return len(text) == KEY_HEX
