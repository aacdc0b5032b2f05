"""What is said about an image that is refused, a line of Intel HEX that is wrong, and a version that is none."""

from pathlib import Path

from firmware_tools.image.hex_records import HexReason
from firmware_tools.image.signed_image import ImageRefusal
from firmware_tools.image.versions import Version, typed_version
from firmware_tools.terminal.trouble import FAILED, USAGE, Trouble
from gateway.words import mark, say

_WORDS = {
    ImageRefusal.NOT_SIGNED: (
        mark("{path} is no signed image."),
        mark("It doesn't begin as one: it may be plain Intel HEX or binary."),
        mark("Sign it first: cardroom-firmware sign KEYFILE {path} --product P --hardware R --version V"),
    ),
    ImageRefusal.TEXT_DAMAGED: (
        mark("{path} was copied as text; its line ends were changed."),
        mark("An image is binary: a mail program or FTP in text mode destroys it."),
        mark("Copy it again in binary mode, or packed in a zip file."),
    ),
    ImageRefusal.UNKNOWN_FORMAT: (
        mark("{path} is a signed image of a format that is not known here."),
        mark("It was made by a newer version of these tools."),
        mark("Install the newer cardroom on this machine."),
    ),
    ImageRefusal.BAD_HEADER: (
        mark("The header of {path} makes no sense."),
        mark("A field has a value that no signer writes: the file is damaged or made by somebody else."),
        mark("Get the file again from whoever signed it."),
    ),
    ImageRefusal.WRONG_SIZE: (
        mark("{path} is not as long as its header says."),
        mark("The copy broke off, or something was added at its end."),
        mark("Copy the file again."),
    ),
    ImageRefusal.WRONG_HASH: (
        mark("The content of {path} is not what was signed."),
        mark("Its SHA-256 differs: the file was damaged or changed."),
        mark("Copy the file again; if it is the same then, ask whoever signed it."),
    ),
    ImageRefusal.UNKNOWN_KEY: (
        mark("{path} is signed by a key that is not trusted here."),
        mark("Only images of keys that you named are taken."),
        mark("Name the signer's key with --key FILE.pub, if you know that it is his."),
    ),
    ImageRefusal.FORGED: (
        mark("The signature of {path} is false."),
        mark("The header was changed after it was signed."),
        mark("Don't use this file; tell whoever signs your images."),
    ),
}

_LINE_WORDS = {
    HexReason.NO_COLON: mark("doesn't begin with a colon"),
    HexReason.NOT_HEX: mark("has characters that are no hex digits, or an odd number of them"),
    HexReason.WRONG_LENGTH: mark("is not as long as its first byte says"),
    HexReason.BAD_CHECKSUM: mark("has a wrong checksum"),
    HexReason.UNKNOWN_TYPE: mark("has a record type that Intel HEX doesn't know"),
    HexReason.BAD_FIELD: mark("is a special record with a field of the wrong size"),
    HexReason.OVERLAP: mark("writes memory that an earlier line wrote"),
    HexReason.BEYOND_END: mark("goes beyond the end of a 32-bit memory"),
    HexReason.AFTER_END: mark("stands after the end record"),
    HexReason.NO_END: mark("is the last, and no end record was seen: the file's tail may be lost"),
    HexReason.MORE: mark("and others have further mistakes that are not listed"),
}


def refused(path: Path, refusal: ImageRefusal) -> Trouble:
    """Say why an image is refused."""
    what, why, next_step = _WORDS[refusal]
    exit_code = USAGE if refusal is ImageRefusal.NOT_SIGNED else FAILED
    return Trouble(
        refusal.value, say(what, path=path), say(why, path=path), say(next_step, path=path), exit_code
    )


def line_words(reason: HexReason) -> str:
    """Say what is wrong with a line, to stand behind `line 7`."""
    return say(_LINE_WORDS[reason])


def version_named(text: str) -> Version | Trouble:
    """Read a version that a person typed."""
    return typed_version(text) or Trouble(
        "bad-version",
        say("{typed} is no version.", typed=repr(text[:40])),
        next_step=say("Write three numbers from 0 to 65535, as 1.4.0."),
        exit_code=USAGE,
    )
