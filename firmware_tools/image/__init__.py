"""Firmware images: Intel HEX, plain binary, and the signed form that `flash` takes (docs/firmware-image.md). Knows no line."""
