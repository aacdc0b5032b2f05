"""Whether the card has room, takes writing, and how worn it is, as far as the kernel tells."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.adapters.kernel_files import text_of
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "disk"
MB = 1_000_000
LOW_BYTES, FULL_BYTES = 1_000 * MB, 150 * MB
"""A building of 208 rooms writes 2 MB a day, and far more while central is away (docs/messages.md)."""
WORN_STEPS = 9
"""JESD84-B51, 7.4.37: the life used in steps of 10 %; 11 is beyond it."""
END_OF_LIFE = 2
"""7.4.36: 2 warns, 3 is urgent."""


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """What is known of the disk below a folder; None where the kernel doesn't say."""

    free_bytes: int
    is_read_only: bool
    device: str = ""
    """Such as mmcblk0."""
    model: str = ""
    life_steps: int | None = None
    end_of_life: int | None = None
    file_system_errors: int | None = None


def read_disk(folder: Path, system: Path = Path("/")) -> DiskFacts:
    """Look at the file system of a folder, and below a root at /sys. Raises OSError for a folder that can't be looked at."""
    room = os.statvfs(folder)
    number = os.stat(folder).st_dev
    part = (system / "sys/dev/block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    whole = part.parent if (part / "partition").exists() else part
    steps = [int(word, 16) for word in text_of(whole / "device/life_time").split() if _is_hex(word)]
    errors, end = (
        text_of(system / "sys/fs/ext4" / part.name / "errors_count"),
        text_of(whole / "device/pre_eol_info"),
    )
    return DiskFacts(
        free_bytes=room.f_bavail * room.f_frsize,
        is_read_only=bool(room.f_flag & os.ST_RDONLY),
        device=whole.name if whole.exists() else "",
        model=text_of(whole / "device/name") or text_of(whole / "device/model"),
        life_steps=max(steps) if steps else None,
        end_of_life=int(end, 16) if _is_hex(end) else None,
        file_system_errors=int(errors) if errors.isdigit() else None,
    )


def _is_hex(word: str) -> bool:
    return word.lower().startswith("0x") and all(
        digit in "0123456789abcdef" for digit in word.lower()[2:] or "x"
    )


def judge_disk(facts: DiskFacts) -> list[Finding]:
    """Judge room, writing and wear."""
    return [_room(facts), *_writing(facts), *_wear(facts)]


def _room(facts: DiskFacts) -> Finding:
    free = {"free_mb": facts.free_bytes // MB}
    what = say("{free} MB of the disk are free.", free=free["free_mb"])
    if facts.free_bytes >= LOW_BYTES:
        return Finding(CHECK, Level.GOOD, "disk-room", what, facts=free)
    is_full = facts.free_bytes < FULL_BYTES
    return Finding(
        CHECK, Level.BAD if is_full else Level.ASK, "disk-full" if is_full else "disk-nearly-full", what,
        say("On a full disk nothing can be billed or told to central."),
        say("Look what takes the room: sudo du -xh / | sort -h | tail. Or take a larger card."), free,
    )  # fmt: skip


def _writing(facts: DiskFacts) -> Iterator[Finding]:
    if facts.is_read_only:
        yield Finding(
            CHECK, Level.BAD, "disk-read-only", say("The disk takes no writing."),
            say("It was mounted read-only: mostly after errors of a card that is worn out."),
            say("Look: dmesg | grep -i error. Then take a new card and run setup with the code: central brings it all back."),
        )  # fmt: skip
    if facts.file_system_errors:
        yield Finding(
            CHECK, Level.BAD, "file-system-errors",
            say("The file system has had {count} errors.", count=facts.file_system_errors),
            say("The card loses what was written, or the power was cut hard."),
            say("Take a new card and run setup with the code: central brings it all back."),
            {"count": facts.file_system_errors},
        )  # fmt: skip


def _wear(facts: DiskFacts) -> Iterator[Finding]:
    card = f"{facts.device} {facts.model}".strip()
    if facts.life_steps is None and facts.end_of_life is None:
        if facts.device.startswith("mmcblk"):
            what = say("The card {card} does not tell how worn it is.", card=card)
            yield Finding(
                CHECK,
                Level.SKIPPED,
                "wear-unknown",
                what,
                say("SD cards have no word for it; eMMC and industrial ones do."),
            )
        return
    steps, end = facts.life_steps or 0, facts.end_of_life or 0
    told = {"life_used_percent": min(steps * 10, 100), "end_of_life": end}
    what = say(
        "The card {card} has used up to {percent} % of its life.",
        card=card,
        percent=told["life_used_percent"],
    )
    if steps > WORN_STEPS or end >= END_OF_LIFE:
        next_step = say("Take a new card soon and run setup with the code: central brings it all back.")
        yield Finding(
            CHECK, Level.BAD, "card-worn", what, say("It may turn read-only or forget."), next_step, told
        )
    else:
        yield Finding(CHECK, Level.GOOD, "card-good", what, facts=told)
