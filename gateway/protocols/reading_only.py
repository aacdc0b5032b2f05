"""Which requests only read? For a line that must change nothing in any meter. What is not known to read is taken to write."""

START, WAKE, END = 0x68, 0xFE, 0x16
SHORTEST_DLT645 = 12
DLT645_READS = frozenset({0x11, 0x12, 0x13, 0x01, 0x02})
"""Read data, read what follows, read the address (2007); read data, read what follows (1997; its 03 is 2007's security)."""
MODBUS_REQUEST = 8
MODBUS_READS = frozenset({0x01, 0x02, 0x03, 0x04})


def only_reads(request: bytes) -> bool:
    """Tell whether a whole request on the wire can change nothing in a meter; nothing may follow it that could."""
    frame = request.lstrip(bytes([WAKE]))
    if len(frame) >= SHORTEST_DLT645 and frame[0] == START and frame[7] == START:
        return frame[8] in DLT645_READS and len(frame) == SHORTEST_DLT645 + frame[9] and frame[-1] == END
    return len(request) == MODBUS_REQUEST and request[1] in MODBUS_READS
