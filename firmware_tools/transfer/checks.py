"""Everything that must fit before a byte of firmware is sent. Pure: an image, a module and what is known in; a trouble out."""

from dataclasses import dataclass

from firmware_tools.devices.module_identity import ModuleIdentity
from firmware_tools.image.signed_image import Header
from firmware_tools.image.versions import ANY, Version
from firmware_tools.terminal.trouble import USAGE, Trouble
from gateway.words import say


@dataclass(frozen=True, slots=True)
class Known:
    """What a person, or an earlier transfer, says of a module that can't say it itself."""

    hardware: int | None = None
    """Typed: read off the board."""
    version: Version | None = None
    """Typed, or what ran before a transfer that broke off."""
    allow_downgrade: bool = False


def refusal(header: Header, module: ModuleIdentity, known: Known) -> Trouble | None:
    """Say why this image must not go into this module; None when all fits."""
    return _product(header, module) or _hardware(header, module, known) or _version(header, module, known)


def _product(header: Header, module: ModuleIdentity) -> Trouble | None:
    if header.product == module.product:
        return None
    return Trouble(
        "wrong-product",
        say(
            "The image is for {wanted}, the module is {product}.",
            wanted=header.product,
            product=module.product,
        ),
        say("Another product's firmware would make it useless."),
        say("Take the image for {product}.", product=module.product),
    )


def _hardware(header: Header, module: ModuleIdentity, known: Known) -> Trouble | None:
    if module.hardware is None and known.hardware is None:
        return Trouble(
            "hardware-unknown",
            say("The module doesn't tell its hardware revision."),
            say("The image is for revision {wanted} only.", wanted=header.hardware),
            say("Read it off the board and say it: --hardware R"),
            USAGE,
        )
    for revision in (module.hardware, known.hardware):
        if revision is not None and revision != header.hardware:
            return Trouble(
                "wrong-hardware",
                say(
                    "The image is for hardware {wanted}, this is {revision}.",
                    wanted=header.hardware,
                    revision=revision,
                ),
                say("Firmware for another board may switch the wrong pins."),
                say("Take the image for hardware {revision}.", revision=revision),
            )
    return None


def _version(header: Header, module: ModuleIdentity, known: Known) -> Trouble | None:
    running = module.version or known.version
    if module.version_text and running is None:
        return Trouble(
            "version-unreadable",
            say(
                "The module's version {version} is no version that can be compared.",
                version=module.version_text,
            ),
            next_step=say("Say what runs in it: --running V"),
            exit_code=USAGE,
        )
    if running is None:
        return None if header.minimum == ANY else _unknown(header)
    if running < header.minimum:
        return Trouble(
            "too-old",
            say(
                "The image replaces {minimum} and newer, in the module is {running}.",
                minimum=header.minimum,
                running=running,
            ),
            say("Its maker says that older firmware must be updated in steps."),
            say("Flash version {minimum} first, then this one.", minimum=header.minimum),
        )
    if header.version < running and not known.allow_downgrade:
        return Trouble(
            "downgrade",
            say(
                "The image is {version}, in the module is the newer {running}.",
                version=header.version,
                running=running,
            ),
            say("Going back can bring back a mended fault."),
            say("If that is what you want: --allow-downgrade"),
        )
    return None


def _unknown(header: Header) -> Trouble:
    return Trouble(
        "version-unknown",
        say("Nothing says which firmware was in the module: it is in its bootloader."),
        say("The image replaces {minimum} and newer only.", minimum=header.minimum),
        say("Say what ran in it before: --running V"),
        USAGE,
    )
