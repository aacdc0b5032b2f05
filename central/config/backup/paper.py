"""The recovery key's only appearance: shown once, written on paper, typed back in part; its public half stays with central."""

import getpass
import secrets
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from django.utils.translation import gettext as _

from central.link.whole_files import write_new, write_whole
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

TRIES = 3
_CLEAR = "\033[2J\033[3J\033[H"
"""Screen and what was scrolled off it."""


def public_half(data: Path) -> X25519PublicKey | NoKeyYet:
    """Read the public half. Raises OSError when it is there and can't be read."""
    try:
        return public_key_in((data / PUBLIC_NAME).read_bytes())
    except FileNotFoundError:
        return NoKeyYet()


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
    if not write_new(target, _paper(seed, name_of(public_key)) + "\n"):
        raise FileExistsError(target)
    _keep(data, public_key, made_ms)
    return public_key


def _paper(seed: bytes, name: str) -> str:
    return "\n".join(
        (
            _("Recovery key of the central server's backups, name {name}").format(name=name),
            "",
            f"    {letters_of(seed)}",
            "",
            _("or, as words:"),
            *(f"    {line}" for line in word_lines_of(seed)),
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
    write_whole(data / PUBLIC_NAME, public_text(public_key, made_ms), mode=0o644)


def ask_for_key(key_file: Path | None) -> bytes | None:
    """Get the seed from a file, or typed in unseen; None after what is wrong with it went to stderr. Raises OSError."""
    if key_file is not None:
        return _seed_or_told(seed_in(key_file.read_text(encoding="utf-8", errors="replace")))
    for _try in range(TRIES):
        try:
            seed = _seed_or_told(
                seed_of(getpass.getpass(_("Recovery key (letters or words; it is not shown): ")))
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
