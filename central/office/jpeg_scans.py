"""Counts the scans of a JPEG without unpacking it.

Each scan of a progressive JPEG draws all its pixels once more, and costs a sender less than a hundred bytes: a file of some
megabytes would keep a processor busy for hours (libjpeg sets no limit itself). Markers as ITU-T T.81, B.1.1: FF and a code; in the
data of a scan stands 00 behind FF, or a restart's D0 to D7.
"""

import re

_MARKER = re.compile(rb"\xff[^\x00\xff]")
SOI, EOI, SOS = 0xD8, 0xD9, 0xDA
ALONE = {0x01, *range(0xD0, 0xD8), SOI}
"""Markers without a length behind them."""


def scans_of(content: bytes) -> int:
    """Count the scans of the first picture in a JPEG file; 0 for a file of another kind."""
    if content[:2] != bytes((0xFF, SOI)):
        return 0
    scans, at = 0, 2
    while (found := _MARKER.search(content, at)) is not None:
        marker, at = content[found.end() - 1], found.end()
        if marker == EOI:
            break
        if marker in ALONE:
            continue
        scans += marker == SOS
        at += int.from_bytes(content[at : at + 2])
    return scans
