"""Pure codecs and meter models: bytes in, named events out. Knows no port, no clock and no credit."""
