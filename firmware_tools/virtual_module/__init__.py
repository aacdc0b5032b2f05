"""The virtual module: an RS-485 module with application and bootloader, its flash in a file, power that can be cut at any byte.

Written from docs/firmware-image.md; it imports nothing of the gateway or of the tools that flash it, so that each checks the other.
In a test without a wire: `module = Module(spec, flash)`, `module.answer(function, body)`; after a PowerCut make another Module on
the same flash.
"""
