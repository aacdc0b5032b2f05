"""What is said at the end of a transfer: done, or why not, what state the module is in, and what to do."""

from firmware_tools.devices.module_identity import ModuleIdentity
from firmware_tools.terminal.trouble import Trouble
from firmware_tools.transfer.blocks import Plan
from firmware_tools.transfer.session import Done, Fault, Stopped
from gateway.words import mark, say

_AGAIN = mark("Give the same command again: it goes on where it stopped.")
_SAFE = mark("The module is in its bootloader and runs nothing incomplete.")

_WORDS = {
    Fault.SILENT: (
        mark("The module stopped answering at block {block} of {blocks}."),
        mark(
            "Power lost, a loose wire, or noise on the line. The module is safe: its bootloader is never written."
        ),
        mark("Check power, A and B. Give the same command again: it goes on where it stopped."),
    ),
    Fault.LINE_GONE: (
        mark("The port went away at block {block} of {blocks}: {detail}."),
        _SAFE,
        mark("Put the adapter's plug in again and give the same command: it goes on where it stopped."),
    ),
    Fault.OTHER_MODULE: (
        mark("Another device answers now at this address: {detail}."),
        mark("Devices were changed on the line during the transfer."),
        mark("Put the first module back and give the same command again."),
    ),
    Fault.NO_BOOTLOADER: (
        mark("The module doesn't go to its bootloader."),
        mark("Its firmware refused register 129 and 131, or came back at once."),
        mark("Switch its power off and on and try again; else it needs its programming plug."),
    ),
    Fault.INFO_REFUSED: (
        mark("The bootloader refused the image before any block (exception {code})."),
        mark("The image is too large for it or for other hardware, or the bootloader is of another make."),
        mark("Compare `cardroom-firmware identify` and `inspect`; ask whoever signed the image."),
    ),
    Fault.BLOCK_REFUSED: (
        mark("The bootloader refused block {block} of {blocks} (exception {code})."),
        _SAFE,
        _AGAIN,
    ),
    Fault.IMAGE_REFUSED: (
        mark("The bootloader has all blocks and doesn't run them: {detail}."),
        mark("It checks the image itself before it runs it; what ran before is untouched, or nothing runs."),
        mark("Flash an image that is made and signed for this module; ask whoever signs your images."),
    ),
    Fault.NOT_BACK: (
        mark("All blocks are sent, but the firmware did not come back."),
        mark("It may need longer, speak at another speed now, or not start at all."),
        mark(
            "Look with `cardroom-firmware identify`; in its bootloader the module takes another image any time."
        ),
    ),
    Fault.WRONG_AFTER: (
        mark("The module came back with firmware {detail}, not with the one that was sent."),
        mark("Its bootloader kept or restored the old firmware."),
        _AGAIN,
    ),
}

_BOOTLOADER_FAULTS = {
    1: mark("what it received is not what was announced"),
    2: mark("the image's header makes no sense to it"),
    3: mark("the image is for another product"),
    4: mark("the image is for other hardware"),
    5: mark("the image's size is wrong"),
    6: mark("the image's content is not what was signed"),
    7: mark("the image's signature is not of the key it believes"),
}


def stopped_words(stopped: Stopped, plan: Plan) -> Trouble:
    """Say why a transfer ended."""
    what, why, next_step = _WORDS[stopped.fault]
    detail = stopped.detail
    if stopped.fault is Fault.IMAGE_REFUSED:
        known = _BOOTLOADER_FAULTS.get(stopped.code)
        detail = say(known) if known else say("fault {code}", code=stopped.code)
    facts = {
        "block": stopped.blocks,
        "blocks": len(plan.blocks),
        "code": stopped.code,
        "detail": detail or "?",
    }
    return Trouble(
        stopped.fault.value,
        say(what, **facts),
        say(why, **facts),
        say(next_step, **facts),
        facts={"block": stopped.blocks, "blocks": len(plan.blocks), "exception": stopped.code},
    )


def read_back_line(done: Done) -> str:
    """Say how much could be read back."""
    if done.digest_read:
        return say(
            "Read back: version {version}, and the SHA-256 of all it holds: equal.",
            version=done.module.version_text,
        )
    return say(
        "Read back: product and version {version}. This module can't tell more; its content was not compared.",
        version=done.module.version_text,
    )


def found_line(module: ModuleIdentity, broke_off_at: int | None, of_blocks: int) -> str | None:
    """Say that an earlier transfer is gone on with."""
    if not module.in_bootloader or broke_off_at is None:
        return None
    return say(
        "An earlier transfer of this image broke off at block {block} of {blocks}; it goes on.",
        block=broke_off_at,
        blocks=of_blocks,
    )
