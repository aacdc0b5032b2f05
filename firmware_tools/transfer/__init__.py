"""Firmware into a module: refusals before a byte is sent, blocks, resuming, read-back. Knows no format's bytes and no screen."""
