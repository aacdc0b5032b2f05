"""`cardroom-firmware inspect` and `verify`: what a file holds, and whether it may go into a module."""

import argparse
import hashlib
from pathlib import Path
from typing import Any

from firmware_tools.image.hex_records import HexFile, gaps
from firmware_tools.image.key_files import load_publics
from firmware_tools.image.reading import Binary, Content, read_firmware, read_signed
from firmware_tools.image.refusal_words import line_words, refused
from firmware_tools.image.signed_image import SignedImage, signed_by
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.trouble import DONE, FAILED, Trouble, print_json, report
from gateway.words import say

SHOWN = 20
"""Segments and mistakes on the screen; `--json` has all."""


def run(arguments: list[str]) -> int:
    """Show one file. Returns 0, 1 when it is damaged, 2 when it can't be read."""
    parser = arguments_of("inspect", say("Show what a firmware file holds."))
    parser.add_argument("file", type=Path, metavar="FILE", help=say("Intel HEX, binary, or signed image"))
    add_json(parser)
    options = parser.parse_args(arguments)
    content = read_firmware(options.file)
    if isinstance(content, Trouble):
        return report(content, options.json)
    if options.json:
        print_json(as_document(content))
    else:
        print("\n".join(lines_of(options.file, content)))
    return FAILED if isinstance(content, HexFile) and content.mistakes else DONE


def as_document(content: Content) -> dict[str, Any]:
    """Shape `--json`."""
    if isinstance(content, HexFile):
        return {
            "ok": not content.mistakes,
            "form": "intel-hex",
            "records": content.records,
            "start": content.start,
            "segments": [{"address": one.address, "bytes": len(one.data)} for one in content.segments],
            "gaps": [{"address": gap.address, "bytes": gap.size} for gap in gaps(content.segments)],
            "mistakes": [{"line": one.line, "reason": one.reason.value} for one in content.mistakes],
        }
    if isinstance(content, Binary):
        digest = hashlib.sha256(content.content).hexdigest()
        return {"ok": True, "form": "binary", "bytes": len(content.content), "sha256": digest}
    return {"ok": True, "form": "signed", **header_document(content)}


def header_document(image: SignedImage) -> dict[str, Any]:
    """Give a signed image's header for a program."""
    header = image.header
    return {
        "product": header.product,
        "hardware": header.hardware,
        "version": str(header.version),
        "min_version": str(header.minimum),
        "manner": header.manner.name.lower().replace("_", "-"),
        "load_address": header.load_address,
        "bytes": header.size,
        "payload_sha256": header.sha256.hex(),
        "key": header.key_name.hex(),
        "sha256": image.sha256.hex(),
    }


def lines_of(path: Path, content: Content) -> list[str]:
    """Say what a file holds."""
    if isinstance(content, HexFile):
        return _hex_lines(path, content)
    if isinstance(content, Binary):
        size, digest = len(content.content), hashlib.sha256(content.content).hexdigest()
        return [
            say("{path}: binary, {size} bytes, no address of its own", path=path, size=size),
            f"  SHA-256      {digest}",
        ]
    return _signed_lines(path, content)


def _hex_lines(path: Path, content: HexFile) -> list[str]:
    total = sum(len(one.data) for one in content.segments)
    lines = [
        say(
            "{path}: Intel HEX, {records} records, {bytes} bytes in {segments} segments",
            path=path,
            records=content.records,
            bytes=total,
            segments=len(content.segments),
        )
    ]
    following = {gap.address: gap.size for gap in gaps(content.segments)}
    for segment in content.segments[:SHOWN]:
        lines.append(f"  {segment.address:08X}-{segment.end - 1:08X}  {len(segment.data):>8}")
        if segment.end in following:
            lines.append(say("  gap of {size} bytes", size=following[segment.end]))
    if content.start is not None:
        lines.append(say("  starts at {address}", address=f"{content.start:08X}"))
    for mistake in content.mistakes[:SHOWN]:
        lines.append(say("  line {line} {what}", line=mistake.line, what=line_words(mistake.reason)))
    if len(content.mistakes) > SHOWN:
        lines.append(say("  and {count} more; --json lists them", count=len(content.mistakes) - SHOWN))
    if content.mistakes:
        lines.append(say("  next: get the file again; a line with a mistake can't be trusted."))
    return lines


def _signed_lines(path: Path, image: SignedImage) -> list[str]:
    header = image.header
    rows = [
        (say("product"), header.product),
        (say("hardware"), str(header.hardware)),
        (say("version"), str(header.version)),
        (say("replaces"), say("{version} and newer", version=header.minimum)),
        (say("sent"), header.manner.name.lower().replace("_", "-")),
        (say("loaded at"), f"{header.load_address:08X}"),
        ("SHA-256", header.sha256.hex()),
        (say("signed by"), header.key_name.hex()),
    ]
    first = say("{path}: signed image, {size} bytes", path=path, size=header.size)
    last = say("  The signature was not checked: cardroom-firmware verify {path} --key FILE.pub", path=path)
    return [first, *(f"  {name:<12} {value}" for name, value in rows), last]


def run_verify(arguments: list[str]) -> int:
    """Check one signed image. Returns 0 when it is good, 1 when it is refused, 2 when the question makes no sense."""
    options = _verify_parser().parse_args(arguments)
    image = _checked(options)
    if isinstance(image, Trouble):
        return report(image, options.json)
    if options.json:
        print_json({"ok": True, **header_document(image)})
        return DONE
    header = image.header
    print(
        say(
            "Good: {product} {version} for hardware {hardware}, signed by {key}.",
            product=header.product,
            version=header.version,
            hardware=header.hardware,
            key=header.key_name.hex(),
        )
    )
    return DONE


def _verify_parser() -> argparse.ArgumentParser:
    parser = arguments_of("verify", say("Check a signed image: content, signature, product."))
    parser.add_argument("file", type=Path, metavar="FILE", help=say("signed image"))
    add_key(parser)
    parser.add_argument("--product", help=say("refuse an image for another product"))
    parser.add_argument("--hardware", type=int, metavar="R", help=say("refuse an image for other hardware"))
    add_json(parser)
    return parser


def add_key(parser: argparse.ArgumentParser) -> None:
    """Add `--key`."""
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PUB",
        help=say(
            "public key that is trusted: a .pub file, a folder of them, or 64 hex digits; may be repeated"
        ),
    )


def _checked(options: argparse.Namespace) -> SignedImage | Trouble:
    keys = load_publics(options.key)
    if isinstance(keys, Trouble):
        return keys
    image = read_signed(options.file)
    if isinstance(image, Trouble):
        return image
    if refusal := signed_by(image, keys):
        return refused(options.file, refusal)
    header = image.header
    if options.product is not None and options.product != header.product:
        return Trouble(
            "wrong-product",
            say(
                "{path} is for {product}, not for {asked}.",
                path=options.file,
                product=header.product,
                asked=options.product,
            ),
        )
    if options.hardware is not None and options.hardware != header.hardware:
        return Trouble(
            "wrong-hardware",
            say(
                "{path} is for hardware {hardware}, not {asked}.",
                path=options.file,
                hardware=header.hardware,
                asked=options.hardware,
            ),
        )
    return image
