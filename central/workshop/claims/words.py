"""What findings and refusals of claims are called on a page; each refusal says what to do next."""

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from central.domain.goods_in import Finding
from central.office.words import Words
from central.workshop.claims.models import Claim, ClaimDevice, ClaimStep
from central.workshop.claims.operations import ClaimRefusal, Refused

FINDINGS: dict[str, Words] = {
    Finding.OTHER_MODEL: _("another model than ordered"),
    Finding.BENCH_FAILED: _("the test on the bench failed"),
    Finding.OTHER_PLATE: _("its plate says something else than the delivery"),
    Finding.PACKAGING: _("packaging damaged"),
    Finding.CASE: _("case damaged"),
    Finding.DISPLAY: _("display damaged"),
    Finding.TERMINALS: _("terminals damaged"),
    Finding.SEAL: _("seal broken or missing"),
    Finding.OTHER: _("something else"),
}
REFUSALS: dict[ClaimRefusal, Words] = {
    ClaimRefusal.UNKNOWN_CLAIM: _("There is no such claim: look it up in the list."),
    ClaimRefusal.NO_DEVICES: _("Choose at least one device."),
    ClaimRefusal.SEVERAL_MAKERS: _("One claim goes to one maker: choose devices of one maker only."),
    ClaimRefusal.IN_ANOTHER_CLAIM: _("The device is in another claim already: go on with that one."),
    ClaimRefusal.NOT_CLAIMABLE: _("The device is scrapped, missing or with its maker: it can't be claimed."),
    ClaimRefusal.UNKNOWN_PHOTO: _("A photograph is not kept here: add it again."),
    ClaimRefusal.CLOSED: _("The claim is closed. Add a note, or begin a new claim."),
    ClaimRefusal.ALREADY_SENT: _("The claim was sent: its text stands. Add a note, or begin a second claim."),
    ClaimRefusal.NOT_SENT: _("The claim is not sent yet: send it first."),
    ClaimRefusal.NO_WORDS: _("Say it in some words, and who it was."),
    ClaimRefusal.NO_PROMISE: _("Choose what the maker will do."),
    ClaimRefusal.NO_DUE_DAY: _("Say by which day; where he named none, the day on which you ask again."),
    ClaimRefusal.NO_MAIL_ADDRESS: _(
        "No mail address of this maker is known. Enter it with the maker; or copy the text, send it another way, and say so below."
    ),
    ClaimRefusal.NO_MAIL_SERVER: _(
        "No mail server is set: an administrator sets it. Or copy the text, send it another way, and say so below."
    ),
    ClaimRefusal.DEVICE_NOT_IN_CLAIM: _("This device is not in the claim, or it is settled already."),
    ClaimRefusal.DEVICES_OPEN: _("Say first what became of each device:"),
    ClaimRefusal.DEVICE_REFUSED: _(
        "This can't be done to the device as it is now, or the place holds other devices. Look at it, and choose again:"
    ),
    ClaimRefusal.EXISTS_WITH_DIFFERENT: _(
        "This was sent before for something else. Open the page again and say it anew."
    ),
}  # fmt: skip
NAMES_SOMETHING = (
    ClaimRefusal.IN_ANOTHER_CLAIM,
    ClaimRefusal.NOT_CLAIMABLE,
    ClaimRefusal.DEVICES_OPEN,
    ClaimRefusal.DEVICE_REFUSED,
)


def finding_words(code: str) -> str:
    """Name a finding; one of a newer version as it came."""
    return str(FINDINGS.get(code, code))


def found_words(one: ClaimDevice) -> str:
    """Say what was found of a claimed device: by the checklist, and in a person's words."""
    return "; ".join(filter(None, [*map(finding_words, one.found), " ".join(one.finding.split())]))


def refusal_words(refused: Refused) -> str:
    """Say why, and what to do."""
    said = str(REFUSALS[refused.why])
    return f"{said} ({refused.what})" if refused.why in NAMES_SOMETHING else said


def step_lines(step: ClaimStep) -> list[str]:
    """Say what a step's facts are, one line each."""
    facts = step.facts
    lines = [
        ("devices", lambda: ", ".join(facts["devices"])),
        ("with", lambda: pgettext("telephone", "with %(who)s") % {"who": facts["with"]}),
        ("to", lambda: _now("to %(address)s") % {"address": facts["to"]}),
        ("promise", lambda: str(Claim.Promise(facts["promise"]).label)),
        ("due", lambda: _now("by %(day)s") % {"day": facts["due"]}),
        ("device", lambda: facts["device"]),
        ("end", lambda: str(ClaimDevice.End(facts["end"]).label)),
    ]
    return [words() for name, words in lines if facts.get(name)]
