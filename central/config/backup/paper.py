"""The recovery key's only appearance: shown once, written on paper, typed back in part; its public half stays with central."""

import getpass
import os
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from django.utils.translation import gettext as _

from central.link.whole_files import write_whole
from gateway.contract.recovery_key import (
    GROUPS,
    SEED_BYTES,
    Mistyped,
    letters_of,
    name_of,
    private_key_of,
    seed_of,
    words_of,
)

PUBLIC_NAME = "backup.pub"
WORDS_A_LINE = 7
TRIES = 3
_CLEAR = "\033[2J\033[3J\033[H"
"""Screen and what was scrolled off it."""


class PublicHalf(msgspec.Struct, frozen=True):
    """The file in the data folder. `name` is what stands on the paper, too."""

    version: int
    name: str
    public_key: str
    made_ms: int


@dataclass(frozen=True, slots=True)
class NoKeyYet:
    """There is no recovery key, or its file is no key."""

    damaged: bool = False


def public_half(data: Path) -> X25519PublicKey | NoKeyYet:
    """Read the public half. Raises OSError when it is there and can't be read."""
    try:
        found = msgspec.json.decode((data / PUBLIC_NAME).read_bytes(), type=PublicHalf)
        return X25519PublicKey.from_public_bytes(bytes.fromhex(found.public_key))
    except FileNotFoundError:
        return NoKeyYet()
    except (msgspec.DecodeError, ValueError):
        return NoKeyYet(damaged=True)


def make_on_terminal(data: Path, made_ms: int) -> X25519PublicKey | None:
    """Show a new key once and keep its public half when parts of it were typed back rightly; None: nothing was kept."""
    seed = secrets.token_bytes(SEED_BYTES)
    public_key = private_key_of(seed).public_key()
    print(_paper(seed, name_of(public_key)), flush=True)
    if not _typed_back(letters_of(seed).split("-")):
        print(
            _("Nothing was kept: that key is void. Begin again when you have paper and pen."), file=sys.stderr
        )
        return None
    sys.stdout.write(_CLEAR)
    _keep(data, public_key, made_ms)
    said = _("The key {name} is kept on paper alone now. Put the paper into the safe, not beside the server.")
    print(said.format(name=name_of(public_key)))
    return public_key


def make_into_file(data: Path, made_ms: int, target: Path) -> X25519PublicKey:
    """Write a new key into a file, such as one on a stick that goes into the safe. Raises OSError; never writes over a file."""
    seed = secrets.token_bytes(SEED_BYTES)
    public_key = private_key_of(seed).public_key()
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(_paper(seed, name_of(public_key)) + "\n")
        file.flush()
        os.fsync(file.fileno())
    _keep(data, public_key, made_ms)
    return public_key


def _paper(seed: bytes, name: str) -> str:
    words = words_of(seed)
    lines = [" ".join(words[first : first + WORDS_A_LINE]) for first in range(0, len(words), WORDS_A_LINE)]
    return "\n".join(
        (
            _("Recovery key of the central server's backups, name {name}").format(name=name),
            "",
            f"    {letters_of(seed)}",
            "",
            _("or, as words:"),
            *(f"    {line}" for line in lines),
            "",
            _(
                "It is shown this once. Write the letters or the words on paper. Without it no backup can ever be read, by nobody."
            ),
        )
    )


def _typed_back(groups: list[str]) -> bool:
    """Ask for two groups of the eight: whoever wrote nothing down can't give them."""
    picked = sorted(secrets.SystemRandom().sample(range(GROUPS), 2))
    wanted, places = [groups[place] for place in picked], {"first": picked[0] + 1, "second": picked[1] + 1}
    for _try in range(TRIES):
        try:
            typed = input(_("Type groups {first} and {second} from your paper: ").format(**places))
        except EOFError:
            return False
        if typed.upper().replace("-", " ").split() == wanted:
            return True
        print(_("Those are not groups {first} and {second}.").format(**places))
    return False


def _keep(data: Path, public_key: X25519PublicKey, made_ms: int) -> None:
    half = PublicHalf(1, name_of(public_key), public_key.public_bytes_raw().hex(), made_ms)
    write_whole(data / PUBLIC_NAME, msgspec.json.encode(half).decode() + "\n", mode=0o644)


def ask_for_key(key_file: Path | None) -> bytes | None:
    """Get the seed from a file, or typed in unseen; None after what is wrong with it went to stderr. Raises OSError."""
    if key_file is not None:
        return _from_file(key_file.read_text(encoding="utf-8", errors="replace"))
    for _try in range(TRIES):
        try:
            seed = seed_of(getpass.getpass(_("Recovery key (letters or words; it is not shown): ")))
        except EOFError:
            break
        if not isinstance(seed, Mistyped):
            return seed
        print(mistyped_text(seed), file=sys.stderr)
    return None


def _from_file(text: str) -> bytes | None:
    """The paper's own text is taken, too: the line that is a key counts."""
    found = [seed_of(line) for line in (text, *text.splitlines()) if line.strip()]
    slips = [one for one in found if isinstance(one, Mistyped)]
    seed = next((one for one in found if not isinstance(one, Mistyped)), None)
    if seed is None:
        near = next((one for one in slips if one.groups or one.words), Mistyped())
        print(mistyped_text(near), file=sys.stderr)
    return seed


def mistyped_text(slip: Mistyped) -> str:
    """Say what is wrong with a key, before any file is tried with it."""
    if slip.groups:
        said = _("Mistyped: group {groups} does not check. Compare it with the paper.")
        return said.format(groups=", ".join(map(str, slip.groups)))
    if slip.words:
        said = _("Mistyped: word {words} is none of the words. Compare it with the paper.")
        return said.format(words=", ".join(map(str, slip.words)))
    if slip.checksum:
        return _(
            "These words don't check together: one is another word, or two were swapped. Compare them with the paper."
        )
    return _("That is no recovery key: it has 8 groups of 5 letters, or 21 words.")
