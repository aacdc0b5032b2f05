"""Errors that the kernel has counted at an SD card or eMMC since the start: a bad contact, or a card that dies.

The kernel tells them in debugfs (Linux 5.19 on), to root alone; whoever else asks is told nothing.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "disk"
HARMLESS = ("Tuning",)
"""A controller that looks for its timing fails now and then by design."""


def read_card_errors(system: Path = Path("/")) -> dict[str, int]:
    """Read the counts that are not 0, by `mmc0: Data CRC Error Occurred`, below a root."""
    found = {}
    try:
        files = sorted((system / "sys/kernel/debug").glob("mmc*/err_stats"))
        texts = [(file.parent.name, file.read_text()) for file in files]
    except OSError:
        return {}
    for card, text in texts:
        for line in text.splitlines():
            name, _, count = line.strip("# ").rpartition(":")
            if count.strip().isdigit() and int(count) and not any(word in name for word in HARMLESS):
                found[f"{card}: {name}"] = int(count)
    return found


def judge_card_errors(errors: Mapping[str, int]) -> Iterator[Finding]:
    """Judge them; no finding where there are none, for most machines don't count."""
    if errors:
        told = ", ".join(f"{name} {count}" for name, count in errors.items())
        yield Finding(
            CHECK,
            Level.ASK,
            "card-errors",
            say("The card had errors since the start: {errors}.", errors=told),
            say("A bad contact in its slot, too little power, or a card that dies."),
            say(
                "Take a good power supply; clean the contacts. If it goes on, take a new card and run setup with the code."
            ),
            {"errors": sum(errors.values())},
        )
