"""Whether the daemon's user may do its work: folders, keys, configuration, serial ports. Rights are read, nothing is changed."""

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.technician.findings import Finding, Level
from gateway.words import mark, say

CHECK = "rights"
USER = "cardroom"


@dataclass(frozen=True, slots=True)
class Owned:
    """One file or folder: whose it is and what its mode allows."""

    path: str
    uid: int
    gid: int
    mode: int


@dataclass(frozen=True, slots=True)
class User:
    """Who the daemon is: the package's user, or on a bench who asks."""

    name: str
    uid: int
    groups: frozenset[int]


def daemon_user() -> User:
    """Give the daemon's user; on a machine without it, whoever runs this."""
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        entry = pwd.getpwuid(os.geteuid())
    member_of = {group.gr_gid for group in grp.getgrall() if entry.pw_name in group.gr_mem}
    return User(entry.pw_name, entry.pw_uid, frozenset({entry.pw_gid, *member_of}))


def owned(path: Path) -> Owned | None:
    """Read a path's rights; None where it isn't there or can't be looked at."""
    try:
        seen = path.stat()
    except OSError:
        return None
    return Owned(str(path), seen.st_uid, seen.st_gid, stat.S_IMODE(seen.st_mode))


@dataclass(frozen=True, slots=True)
class Rights:
    """What the daemon needs: a folder to write in, secrets of its own, files to read, ports to read and write."""

    user: User
    folder: Owned | None
    secrets: tuple[Owned, ...]
    readable: tuple[Owned, ...]
    ports: tuple[Owned, ...]


def judge_rights(rights: Rights) -> list[Finding]:
    """Judge them all; one good finding where nothing is wrong."""
    wrong = [*_folder(rights), *_secrets(rights), *_readable(rights), *_ports(rights)]
    return wrong or [
        Finding(
            CHECK,
            Level.GOOD,
            "rights-good",
            say("Files and ports are {user}'s to use.", user=rights.user.name),
        )
    ]


def _may(user: User, it: Owned, bits: int) -> bool:
    """`bits` as of others: 4 read, 2 write, 1 search. Root may do all."""
    if user.uid == 0:
        return True
    shift = 6 if it.uid == user.uid else 3 if it.gid in user.groups else 0
    return it.mode >> shift & bits == bits


def _folder(rights: Rights) -> Iterator[Finding]:
    if rights.folder is None or not _may(rights.user, rights.folder, 7):
        path = rights.folder.path if rights.folder else "/var/lib/cardroom"
        what = mark("{user} can't write in {path}.")
        next_step = mark("Mend it: sudo install -d -o {user} -g {user} -m 750 {path}")
        yield _wrong(rights, path, "folder-not-writable", what, next_step)


def _secrets(rights: Rights) -> Iterator[Finding]:
    what = mark("The key {path} must be read by {user} and by nobody else.")
    next_step = mark("Mend it: sudo chown {user} {path} && sudo chmod 600 {path}")
    for it in rights.secrets:
        if it.mode & 0o077 or not _may(rights.user, it, 4):
            yield _wrong(rights, it.path, "key-rights", what, next_step)


def _readable(rights: Rights) -> Iterator[Finding]:
    what = mark("{user} can't read {path}.")
    next_step = mark("Mend it: sudo chgrp {user} {path} && sudo chmod 640 {path}")
    for it in rights.readable:
        if not _may(rights.user, it, 4):
            yield _wrong(rights, it.path, "not-readable", what, next_step)


def _ports(rights: Rights) -> Iterator[Finding]:
    what = mark("{user} may not use the port {path}.")
    next_step = mark("Mend it: sudo usermod -aG dialout {user}, then restart the gateway.")
    for it in rights.ports:
        if not _may(rights.user, it, 6):
            yield _wrong(rights, it.path, "port-rights", what, next_step)


def _wrong(rights: Rights, path: str, code: str, what: str, next_step: str) -> Finding:
    """Put a finding together from two marked sentences about a path and the daemon's user."""
    names = {"user": rights.user.name, "path": path}
    return Finding(
        CHECK, Level.BAD, code, say(what, **names), next_step=say(next_step, **names), facts={"path": path}
    )
