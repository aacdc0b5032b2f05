"""`cardroom-firmware sign` and `keygen`: a maker's file and a key in, a signed image out; a new key pair."""

import argparse
from pathlib import Path

from firmware_tools.image.key_files import load_private, private_pem, public_line
from firmware_tools.image.reading import payload_of, read_firmware
from firmware_tools.image.refusal_words import version_named
from firmware_tools.image.signed_image import Manner, SignedImage, field_mistakes, sign
from firmware_tools.image.versions import ANY, Version
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.files import refuse_existing, write_whole
from firmware_tools.terminal.trouble import DONE, USAGE, Trouble, print_json, report
from gateway.words import mark, say

MANNERS = {"numbered": Manner.NUMBERED, "as-made": Manner.AS_MADE}
_FIELD_WORDS = {
    "product": mark("A product is 1 to 12 ASCII characters without a space, as the module answers them."),
    "hardware": mark("A hardware revision is a number from 0 to 65535."),
    "size": mark("The file is empty, or larger than 4 MiB."),
    "manner": mark("A maker's file sent as it is has 32 bytes of info and an even number behind them."),
}


def run(arguments: list[str]) -> int:
    """Sign one file; return 0, 1 when it can't be signed, 2 when the question makes no sense."""
    options = _parser().parse_args(arguments)
    made = _signed(options)
    if isinstance(made, Trouble):
        return report(made, options.json)
    out = options.out or options.image.with_suffix(".crfw")
    trouble = refuse_existing(out) or write_whole(out, made.raw)
    if trouble is not None:
        return report(trouble, options.json)
    _show(out, made, options.json)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of("sign", say("Sign a firmware file, so that flash takes it."))
    parser.add_argument("keyfile", type=Path, metavar="KEYFILE", help=say("private key, from keygen"))
    parser.add_argument(
        "image", type=Path, metavar="IMAGE", help=say("Intel HEX or binary, as the maker gave it")
    )
    parser.add_argument(
        "--product", required=True, help=say("what the module calls itself; identify shows it")
    )
    parser.add_argument(
        "--hardware", required=True, type=int, metavar="R", help=say("hardware revision it is made for")
    )
    parser.add_argument(
        "--version", required=True, metavar="V", help=say("version of this firmware, as 1.4.0")
    )
    parser.add_argument(
        "--min-version",
        default=str(ANY),
        metavar="M",
        help=say("oldest firmware that it may replace (default: any)"),
    )
    parser.add_argument(
        "--manner",
        choices=MANNERS,
        default="numbered",
        help=say("numbered: our bootloader; as-made: a maker's file whose bootloader wants it unchanged"),
    )
    parser.add_argument("--out", type=Path, help=say("file to write (default: IMAGE with .crfw)"))
    add_json(parser)
    return parser


def _signed(options: argparse.Namespace) -> SignedImage | Trouble:
    versions = [version_named(options.version), version_named(options.min_version)]
    for version in versions:
        if isinstance(version, Trouble):
            return version
    key = load_private(options.keyfile)
    if isinstance(key, Trouble):
        return key
    content = read_firmware(options.image)
    found = content if isinstance(content, Trouble) else payload_of(options.image, content)
    if isinstance(found, Trouble):
        return found
    payload, address = found
    version, minimum = (one for one in versions if isinstance(one, Version))
    manner = MANNERS[options.manner]
    if mistakes := field_mistakes(payload, options.product, options.hardware, manner):
        return Trouble(
            mistakes[0],
            say("{path} can't be signed so.", path=options.image),
            say(_FIELD_WORDS[mistakes[0]]),
            exit_code=USAGE,
        )
    if minimum > version:
        return Trouble(
            "minimum-above-version",
            say("The minimum {minimum} is above the version {version}.", minimum=minimum, version=version),
            next_step=say("The minimum is the oldest firmware that this one may replace."),
            exit_code=USAGE,
        )
    return sign(
        payload,
        key,
        product=options.product,
        hardware=options.hardware,
        version=version,
        minimum=minimum,
        manner=manner,
        load_address=address,
    )


def _show(out: Path, made: SignedImage, as_json: bool) -> None:
    if as_json:
        print_json({"ok": True, "file": str(out), "bytes": len(made.raw), "sha256": made.sha256.hex()})
        return
    header = made.header
    print(
        say(
            "Signed {product} {version} for hardware {hardware}: {out}, {size} bytes.",
            product=header.product,
            version=header.version,
            hardware=header.hardware,
            out=out,
            size=len(made.raw),
        )
    )


def run_keygen(arguments: list[str]) -> int:
    """Make a key pair: FILE (private, mode 0600) and FILE.pub."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    parser = arguments_of("keygen", say("Make a key pair to sign images with."))
    parser.add_argument(
        "file", type=Path, metavar="FILE", help=say("file of the private key; FILE.pub beside it")
    )
    add_json(parser)
    options = parser.parse_args(arguments)
    public = options.file.with_name(options.file.name + ".pub")
    key = Ed25519PrivateKey.generate()
    trouble = (
        refuse_existing(options.file)
        or refuse_existing(public)
        or write_whole(options.file, private_pem(key), 0o600)
        or write_whole(public, public_line(key.public_key()))
    )
    if trouble is not None:
        return report(trouble, options.json)
    if options.json:
        print_json({"ok": True, "private": str(options.file), "public": str(public)})
    else:
        print(
            say("Private key: {path} (keep it off this network, with a copy in the safe)", path=options.file)
        )
        print(say("Public key:  {path} (give it to whoever flashes modules)", path=public))
    return DONE
