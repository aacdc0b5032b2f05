"""What is remarked on a line of the agreed table: names, figures and what people said. Without words of a language of its own."""

from central.losses.readings.comparing import Compared

LONGEST = 300


def remarks_of(one: Compared) -> str:
    """Give the remarks of one line: what was said of it, another number on site, meters it replaced, how it was settled."""
    reading, last = one.line.reading, one.line.last
    parts = [
        f"≠ {reading.found_meter}" if reading and reading.found_meter else "",
        reading.words if reading else "",
        one.settlement.words if one.settlement else "",
        f"← {' ← '.join(last.swapped)}" if last and last.swapped else "",
    ]
    return "; ".join(dict.fromkeys(part for part in parts if part))[:LONGEST]
