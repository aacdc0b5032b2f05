"""The small files in which the kernel says how the machine is: under /sys and /proc."""

from pathlib import Path


def text_of(path: Path) -> str:
    """Give a small file's text without the space around it; nothing where it can't be read."""
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
