"""Text that no spreadsheet calculates, for every table that is written as CSV.

A cell that begins with = + - @ or a control character could be run as a formula by whoever opens the file (OWASP: CSV injection);
it gets an apostrophe before it. In an XLSX or XLS each cell says itself that it is text, and needs none.
"""

CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutral(text: str) -> str:
    """Give a text that no spreadsheet calculates."""
    return f"'{text}" if text.lstrip(" ").startswith(CALCULATED) else text
