"""The recovery key's only appearance: shown once, written on paper, typed back in part; its public half stays on the Pi."""

import getpass
import os
import secrets
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from gateway.adapters.whole_file import write_whole
from gateway.contract.recovery_key import (
    GROUPS,
    PUBLIC_NAME,
    SEED_BYTES,
    Mistyped,
    NoKeyYet,
    letters_of,
    name_of,
    private_key_of,
    public_key_in,
    public_text,
    seed_in,
    seed_of,
    word_lines_of,
)
from gateway.words import say

TRIES = 3
_CLEAR = "\033[2J\033[3J\033[H"
"""Screen and what was scrolled off it."""


def public_half(data: Path) -> X25519PublicKey | NoKeyYet:
    """Read the public half. Raises OSError when it is there and can't be read."""
    try:
        return public_key_in((data / PUBLIC_NAME).read_bytes())
    except FileNotFoundError:
        return NoKeyYet()


def make_on_terminal(data: Path, gateway: str, made_ms: int) -> X25519PublicKey | None:
    """Show a new key once and keep its public half when parts of it were typed back rightly; None: nothing was kept."""
    seed = secrets.token_bytes(SEED_BYTES)
    public_key = private_key_of(seed).public_key()
    print("\n".join(_paper(seed, gateway, name_of(public_key))), flush=True)
    if not _typed_back(letters_of(seed).split("-")):
        print(
            say("Nothing was kept: that key is void. Begin again when you have paper and pen."),
            file=sys.stderr,
        )
        return None
    sys.stdout.write(_CLEAR)
    _keep(data, public_key, made_ms)
    print(
        say(
            "The key {name} is kept on paper alone now. Put the paper where the building's papers are, not "
            "with the Pi.",
            name=name_of(public_key),
        )
    )
    return public_key


def make_into_file(data: Path, gateway: str, made_ms: int, target: Path) -> X25519PublicKey:
    """Write a new key into a file, such as one on a stick that goes into the safe. Raises OSError; never writes over a file."""
    seed = secrets.token_bytes(SEED_BYTES)
    public_key = private_key_of(seed).public_key()
    text = "\n".join(_paper(seed, gateway, name_of(public_key))) + "\n"
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _keep(data, public_key, made_ms)
    return public_key


def _paper(seed: bytes, gateway: str, name: str) -> list[str]:
    return [
        say("Recovery key of gateway {gateway}'s backups, name {name}", gateway=gateway, name=name),
        "",
        f"    {letters_of(seed)}",
        "",
        say("or, as words:"),
        *(f"    {line}" for line in word_lines_of(seed)),
        "",
        say(
            "It is shown this once. Write the letters or the words on paper. Without it no backup can ever be "
            "read, by nobody."
        ),
    ]


def _typed_back(groups: list[str]) -> bool:
    """Ask for two groups of the eight: whoever wrote nothing down can't give them."""
    picked = sorted(secrets.SystemRandom().sample(range(GROUPS), 2))
    wanted = [groups[place] for place in picked]
    for _ in range(TRIES):
        try:
            typed = input(
                say(
                    "Type groups {first} and {second} from your paper: ",
                    first=picked[0] + 1,
                    second=picked[1] + 1,
                )
            )
        except EOFError:
            return False
        if typed.upper().replace("-", " ").split() == wanted:
            return True
        print(say("Those are not groups {first} and {second}.", first=picked[0] + 1, second=picked[1] + 1))
    return False


def _keep(data: Path, public_key: X25519PublicKey, made_ms: int) -> None:
    write_whole(data / PUBLIC_NAME, public_text(public_key, made_ms).encode(), 0o644)


def ask_for_key(key_file: Path | None) -> bytes | None:
    """Get the seed from a file, or typed in unseen; None after what is wrong with it went to stderr. Raises OSError."""
    if key_file is not None:
        return _seed_or_told(seed_in(key_file.read_text(encoding="utf-8", errors="replace")))
    for _ in range(TRIES):
        try:
            seed = _seed_or_told(
                seed_of(getpass.getpass(say("Recovery key (letters or words; it is not shown): ")))
            )
        except EOFError:
            break
        if seed is not None:
            return seed
    return None


def _seed_or_told(seed: bytes | Mistyped) -> bytes | None:
    if not isinstance(seed, Mistyped):
        return seed
    print(mistyped_text(seed), file=sys.stderr)
    return None


def mistyped_text(slip: Mistyped) -> str:
    """Say what is wrong with a key, before any file is tried with it."""
    if slip.groups:
        return say(
            "Mistyped: group {groups} does not check. Compare it with the paper.",
            groups=", ".join(map(str, slip.groups)),
        )
    if slip.words:
        return say(
            "Mistyped: word {words} is none of the words. Compare it with the paper.",
            words=", ".join(map(str, slip.words)),
        )
    if slip.checksum:
        return say(
            "These words don't check together: one is another word, or two were swapped. Compare them with "
            "the paper."
        )
    return say("That is no recovery key: it has 8 groups of 5 letters, or 21 words.")
