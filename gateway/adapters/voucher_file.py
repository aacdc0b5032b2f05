"""A voucher file's text into its sealed grants. Opens no seal: the receiver does, one by one (C-6)."""


def envelopes(text: str) -> list[bytes]:
    """Give the envelopes of a voucher file: two lines each (what is signed, then key and signature), blank lines ignored.

    Nothing is refused here: an odd line at the end becomes an envelope that `unseal` names malformed.
    """
    # Not splitlines: a note may hold what Unicode calls a line's end. A stick's editor may have left a byte order mark.
    lines = [line.strip() for line in text.removeprefix("\ufeff").split("\n") if line.strip()]
    return ["\n".join(lines[first : first + 2]).encode() for first in range(0, len(lines), 2)]
