"""Lengths of time as people say them. Pure."""

from gateway.words import mark, say

SPANS = (
    (mark("{count} d"), 86_400),
    (mark("{count} h"), 3_600),
    (mark("{count} min"), 60),
    (mark("{count} s"), 1),
)


def span_text(seconds: int) -> str:
    """A length of time in its two largest units: `3 d 4 h`, `5 min 7 s`."""
    parts: list[str] = []
    for text, length in SPANS:
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(say(text, count=count))
    return " ".join(parts[:2]) or say("{count} s", count=0)
