"""Every act that is ever put on record, in words, and what its subject is. A test walks the code: an act without words fails it.

An act that isn't here (a newer server wrote it) is shown as it came, never hidden.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from central.ledger.checking import VERIFIED
from central.office.ledger_words import MOVES, SIDES, move_words, side_words
from central.office.words import Words
from gateway.contract.commands import (
    BeginSoftwareControl,
    BillGap,
    DrawEmergency,
    EndSoftwareControl,
    RelayWish,
)

__all__ = ["ACTS", "MOVES", "SIDES", "TAKEN", "About", "act_words", "move_words", "side_words"]


class About(StrEnum):
    """What an act's subject names: where the page leads to."""

    ROOM = "room"
    """An account, a metering point or a meter."""
    PERSON = "person"
    GATEWAY = "gateway"
    BUILDING = "building"
    CLASS = "class"
    ALARM = "alarm"
    REPORT = "report"
    """A report's code and period."""
    SEALED = "sealed"
    """A sealed paper's number, report and period."""
    APPROVAL = "approval"
    """`approval` and its number."""
    SETTING = "setting"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Act:
    """An act's words, and what it is about."""

    words: Words
    about: About = About.NOTHING


R, P, G, B = About.ROOM, About.PERSON, About.GATEWAY, About.BUILDING

ACTS: dict[str, Act] = {
    "sign-in": Act(_("Signed in"), P),
    "sign-in-refused": Act(_("Sign-in refused: wrong password"), P),
    "sign-in-locked": Act(_("Sign-in locked: too many wrong passwords"), P),
    "sign-out": Act(_("Signed out"), P),
    "second-factor-refused": Act(_("Wrong code of the second factor"), P),
    "second-factor-passed": Act(_("Second factor given"), P),
    "second-factor-set-up": Act(_("Set up the second factor"), P),
    "change-password": Act(_("Changed the own password"), P),
    "password-refused": Act(_("Wrong password before a dangerous act")),
    "add-user": Act(_("Added a person"), P),
    "change-user": Act(_("Changed a person"), P),
    "open-user": Act(_("Opened a person's account again"), P),
    "close-user": Act(_("Closed a person's account"), P),
    "reset-sign-in": Act(_("Reset a person's sign-in"), P),
    "delegate": Act(_("Made a delegation"), P),
    "end-delegation": Act(_("Ended a delegation"), P),
    "import-campus": Act(_("Imported the campus list")),
    "import-bench": Act(_("Imported a bench record")),
    "device-step": Act(_("Led a device a step further")),
    "keep-maker": Act(_("Entered or changed a maker of devices")),
    "keep-device-type": Act(_("Entered or changed a model of devices")),
    "keep-place": Act(_("Entered or changed a place of the store")),
    "adopt-meters": Act(_("Gave a building's meters their records in the store"), B),
    "begin-stock-taking": Act(_("Began a stock-taking")),
    "close-stock-taking": Act(_("Closed a stock-taking")),
    "leave-stock-taking": Act(_("Gave a stock-taking up")),
    "place-order": Act(_("Wrote an order of devices down")),
    "change-order": Act(_("Changed an order of devices")),
    "close-order": Act(_("Closed an order of devices")),
    "begin-delivery": Act(_("Began to enter a delivery")),
    "finish-delivery": Act(_("Finished a delivery")),
    "claim-opened": Act(_("Began a claim to a maker")),
    "claim-added": Act(_("Added to a claim")),
    "claim-written": Act(_("Changed the text of a claim")),
    "claim-mailed": Act(_("Mailed a claim to its maker")),
    "claim-handed": Act(_("Sent a claim another way")),
    "claim-shipped": Act(_("Sent a device after its claim")),
    "claim-called": Act(_("Logged a call about a claim")),
    "claim-replied": Act(_("Recorded a maker's answer to a claim")),
    "claim-device-ended": Act(_("Settled a claim for a device")),
    "claim-noted": Act(_("Added a note to a claim")),
    "claim-closed": Act(_("Closed a claim")),
    "take-goods-paper": Act(_("Took a delivery or a claim as a file")),
    "publish-price": Act(_("Published a price"), About.CLASS),
    "protect": Act(_("Protected a room from being cut"), R),
    "unprotect": Act(_("Ended a room's protection"), R),
    "bind-meter": Act(_("Tied a meter to a room"), R),
    "add-meter": Act(_("Added a meter"), R),
    "move-meter": Act(_("Moved a meter to another building"), R),
    "swap-meter": Act(_("Replaced a meter"), R),
    "open-account": Act(_("Opened an account"), R),
    "subsidy": Act(_("Gave a subsidy"), R),
    "subsidy-batch": Act(_("Gave many rooms a subsidy")),
    "subsidy-undo": Act(_("Undid a subsidy of many rooms")),
    "enter-pages": Act(_("Entered handwritten pages")),
    "make-vouchers": Act(_("Made sealed vouchers")),
    "destroy-vouchers": Act(_("Destroyed sealed vouchers")),
    "count-vouchers": Act(_("Counted sealed vouchers")),
    "print-vouchers": Act(_("Printed sealed vouchers")),
    "pay-out": Act(_("Paid credit out in cash"), R),
    "correct-receipt": Act(_("Corrected a receipt"), R),
    "adjustment": Act(_("Put an error of the college right"), R),
    "ask-credit-back": Act(_("Asked credit back from the gateway"), R),
    "ask-closing": Act(_("Asked for an account's closing"), R),
    "pay-out-bank": Act(_("Noted that finance paid credit out"), R),
    "move-credit": Act(_("Moved credit to another room"), R),
    "print-pay-out": Act(_("Printed a pay-out slip"), R),
    "split-debt": Act(_("Split a debt among persons"), R),
    "write-off-debt": Act(_("Wrote a debt off"), R),
    "case-opened": Act(_("Opened a power case")),
    "case-seen-again": Act(_("Reported a power case again")),
    "case-acknowledged": Act(_("Acknowledged a power case")),
    "case-arrived": Act(_("Arrived at a power case")),
    "case-found": Act(_("Said what a power case was")),
    "case-noted": Act(_("Added a note to a power case")),
    "case-closed": Act(_("Closed a power case")),
    "fault-opened": Act(_("Opened a fault")),
    "fault-seen-again": Act(_("Reported a fault again")),
    "fault-ended": Act(_("A gateway said that a fault is over")),
    "fault-acknowledged": Act(_("Acknowledged a fault")),
    "fault-on-site": Act(_("Arrived at a fault")),
    "fault-found": Act(_("Said what a fault was")),
    "fault-noted": Act(_("Added a note to a fault")),
    "fault-claimed": Act(_("Told the maker of a fault")),
    "fault-replacement-asked": Act(_("Asked for a replacement")),
    "fault-went-up": Act(_("Sent a fault up that was not solved in time")),
    "fault-solved": Act(_("Solved a fault")),
    "fault-closed": Act(_("Closed a fault")),
    "theft-unheard": Act(_("Told again of a theft that nobody acknowledged")),
    "take-evidence": Act(_("Took the evidence of a theft away")),
    "appeal-penalty": Act(_("Took down an appeal against a penalty")),
    "decide-appeal": Act(_("Decided an appeal against a penalty")),
    "lay-penalty": Act(_("Charged a penalty for stolen power"), R),
    "change-penalty": Act(_("Reduced or annulled a penalty"), R),
    "pay-penalty-back": Act(_("Paid back what was owed of a penalty"), R),
    "replacement-recorded": Act(_("Recorded that a module was replaced")),
    "replacement-said": Act(_("Completed the record of a replaced module")),
    "true-up-computed": Act(_("Computed what nobody metered")),
    "true-up-checked": Act(_("Checked a true-up")),
    "true-up-replaced": Act(_("Put another figure in place of an estimate")),
    "true-up-told": Act(_("Told a customer of a true-up, and booked it")),
    "true-up-disputed": Act(_("Took down a dispute about a true-up")),
    "true-up-settled": Act(_("Noted how a dispute about a true-up ended")),
    "true-up-reversed": Act(_("Took a true-up back")),
    "read-meter": Act(_("Read a meter by hand")),
    "settle-reading": Act(_("Settled readings that disagreed")),
    "close-readings": Act(_("Closed a sheet of readings")),
    "check-readings": Act(_("Compared a sheet of readings")),
    "return-readings": Act(_("Gave a sheet of readings back")),
    "agree-readings": Act(_("Filed an agreed table of readings")),
    "item-opened": Act(_("Opened an improvement item")),
    "item-taken": Act(_("Took an improvement item in hand")),
    "item-noted": Act(_("Added a note to an improvement item")),
    "item-changed": Act(_("Changed an improvement item's measure, owner or day")),
    "item-done": Act(_("Said that an improvement item is done")),
    "item-checked": Act(_("Checked an improvement item")),
    "item-given-back": Act(_("Gave an improvement item back to work")),
    "item-dropped": Act(_("Dropped an improvement item")),
    "meeting-opened": Act(_("Opened a review or meeting")),
    "meeting-call": Act(_("Logged a call before a meeting")),
    "meeting-held": Act(_("Wrote down when a meeting was held, and who attended")),
    "meeting-finding": Act(_("Wrote down a finding of a quality review")),
    "meeting-minutes": Act(_("Wrote a meeting's minutes")),
    "meeting-decision": Act(_("Wrote down a meeting's decision")),
    "meeting-closed": Act(_("Closed a review or meeting")),
    "meeting-added": Act(_("Added something to a closed meeting")),
    "daily-check": Act(_("Recorded a daily check")),
    "round-begun": Act(_("Began a round of a building")),
    "round-found": Act(_("Found something on a round")),
    "round-no-access": Act(_("Could not see a room on a round")),
    "round-ended": Act(_("Ended a round of a building")),
    "work-order": Act(_("Took a step of a work order")),
    "work-answer": Act(_("Entered what a room says to work")),
    "merge-balance": Act(_("Let rooms share one balance"), R),
    "split-balance": Act(_("Gave a room its own balance again"), R),
    "make-pin": Act(_("Made the PIN of a room's residents"), R),
    DrawEmergency.__struct_config__.tag: Act(_("Gave emergency supply"), R),
    BillGap.__struct_config__.tag: Act(_("Had a time without a meter billed"), R),
    BeginSoftwareControl.__struct_config__.tag: Act(
        _("Put a room with a faulty meter under software control"), R
    ),
    EndSoftwareControl.__struct_config__.tag: Act(
        _("Ended a room's software control: its meter is good again"), R
    ),
    f"relay-{RelayWish.OPEN}": Act(_("Ordered a relay to open"), R),
    f"relay-{RelayWish.CLOSE}": Act(_("Ordered a relay to close"), R),
    f"relay-{RelayWish.AUTO}": Act(_("Gave a relay back to the credit rule"), R),
    f"relay-{RelayWish.LOCK_OUT}": Act(_("Locked a relay out"), R),
    f"relay-{RelayWish.RELEASE}": Act(_("Released a lock-out"), R),
    "enrol-gateway": Act(_("Enrolled a gateway"), G),
    "replace-gateway-key": Act(_("Replaced a gateway's key"), G),
    "make-authority": Act(_("Made the certificate authority")),
    "write-broker-config": Act(_("Wrote the broker's configuration")),
    "open-enrolment-code": Act(_("Opened a building's enrolment code"), B),
    "close-enrolment-code": Act(_("Closed a building's enrolment code"), B),
    "show-enrolment-code": Act(_("Looked at a building's enrolment code"), B),
    "approve-replacement": Act(_("Approved a card in a living gateway's place"), B),
    "use-enrolment-code": Act(_("A card was let in by an enrolment code"), G),
    "enrolment-tries": Act(_("Too many wrong tries to enrol a gateway")),
    "revoke-gateway": Act(_("Revoked a gateway"), G),
    "prepare-signing-key": Act(_("Prepared the next signing key")),
    "switch-signing-key": Act(_("Signed with another key from then on")),
    "recover-signing-key": Act(_("Went on with the next key after the signing key was lost")),
    "retire-signing-key": Act(_("Retired a signing key")),
    "approve-cuts": Act(_("Passed on a second signature for held cuts"), G),
    "take-voucher-file": Act(_("Took pending credit as a file"), G),
    "show-voucher-codes": Act(_("Looked at codes of pending credit"), G),
    "send-grant-again": Act(_("Sent refused credit again")),
    "ask-resend": Act(_("Asked a gateway to send its rows again"), G),
    "publish-config": Act(_("Sent a gateway its configuration"), G),
    "resolve-alarm": Act(_("Resolved an alarm"), About.ALARM),
    "set-class-limits": Act(_("Set a class's limits"), About.CLASS),
    "set-class-warnings": Act(_("Set a class's warnings"), About.CLASS),
    "set-point-limits": Act(_("Set a room's limits"), R),
    "set-building-policy": Act(_("Set a building's policy"), B),
    "set-building-groups": Act(_("Set a building's master and sub meters"), B),
    "ask-approval": Act(_("Asked for approval"), About.APPROVAL),
    "approve": Act(_("Approved a request"), About.APPROVAL),
    "reject": Act(_("Rejected a request"), About.APPROVAL),
    "withdraw-request": Act(_("Withdrew a request"), About.APPROVAL),
    "void-signatures": Act(
        _("Ended a request whose figures changed: its signatures are void"), About.APPROVAL
    ),
    "file-paper": Act(_("Noted where a paper is filed"), About.APPROVAL),
    "escalate-approval": Act(_("Told those above of an approval nobody signed"), About.APPROVAL),
    "open-shift": Act(_("Opened a shift")),
    "end-shift": Act(_("Ended a shift")),
    "close-day": Act(_("Closed a day")),
    "hand-in": Act(_("Handed cash in")),
    "receive-hand-in": Act(_("Received handed-in cash")),
    "send-back-hand-in": Act(_("Sent handed-in cash back")),
    "set-roster": Act(_("Planned the crews")),
    "change-roster": Act(_("Changed a day of the roster")),
    "receive-book": Act(_("Took a receipt book in")),
    "check-book": Act(_("Checked a receipt book's pages")),
    "take-book": Act(_("Took a receipt book to the desk")),
    "return-book": Act(_("Returned a receipt book to the safe")),
    "void-page": Act(_("Made a page of a receipt book void")),
    "bind-volume": Act(_("Bound receipts into a volume")),
    "store-volume": Act(_("Stored a bound volume")),
    "register-card": Act(_("Registered a payment card"), R),
    "end-card": Act(_("Ended a payment card"), R),
    "import-card-list": Act(_("Imported a card list")),
    "card-pay-over": Act(_("Booked what the card system paid over")),
    "issue-bills": Act(_("Issued monthly bills")),
    "bill-credit": Act(_("Issued a credit note for a bill")),
    "print-bill": Act(_("Printed a monthly bill")),
    "print-receipt": Act(_("Printed a receipt")),
    "print-slip": Act(_("Printed a credit slip")),
    "start-list": Act(_("Began a price list")),
    "save-list": Act(_("Saved a price list's draft")),
    "throw-list-away": Act(_("Threw a price list's draft away")),
    "publish-price-list": Act(_("Published a price list")),
    "publish-repair-list": Act(_("Published a repair list")),
    "go-live-open": Act(_("Booked opening balances")),
    "go-live-correct": Act(_("Corrected an opening balance")),
    "go-live-back": Act(_("Took opening balances back")),
    "go-live-accept": Act(_("Accepted a building's opening balances")),
    "set-class-overdraft": Act(_("Set a class's overdraft"), About.CLASS),
    "set-point-power": Act(_("Set a room's power limit"), R),
    "swap-meter-here": Act(_("Replaced a meter, by this server's page"), R),
    "add-channel": Act(_("Added a channel")),
    "change-channel": Act(_("Changed a channel")),
    "open-channel": Act(_("Opened a channel again")),
    "close-channel": Act(_("Closed a channel")),
    "test-channel": Act(_("Tried a channel")),
    "set-mail-server": Act(_("Set the mail server")),
    "own-mail": Act(_("Changed the own mail address"), P),
    "retry-notice": Act(_("Sent a notice again")),
    "told-by-hand": Act(_("Passed a notice on by hand")),
    "notice-given-up": Act(_("A notice could not be sent")),
    "set-setting": Act(_("Set a setting at the server's console"), About.SETTING),
    "seal-paper": Act(_("Sealed a report"), About.SEALED),
    "low-balance-list": Act(_("Made a list of low balances")),
    "building-check": Act(_("Looked at the buildings' daily check"), About.REPORT),
    "room-notice-asked": Act(_("Asked for a room's private notices"), R),
    "room-notice-confirmed": Act(_("Confirmed the address of a room's notices"), R),
    "room-notice-ended": Act(_("Ended a room's private notices"), R),
    "abnormal-list": Act(_("Listed rooms with unusual use")),
    "abnormal-review": Act(_("Reviewed a room with unusual use")),
    "explain-bill": Act(_("Printed an explained bill")),
    "take-paper": Act(_("Took a report as a file"), About.REPORT),
    "make-paper": Act(_("Made a report by itself"), About.REPORT),
    "archive-telemetry": Act(_("Archived a month of telemetry")),
    "load-telemetry": Act(_("Loaded a month of telemetry back from its archive")),
    "put-away-telemetry": Act(_("Put a loaded month of telemetry away again")),
    "run-again": Act(_("Had something made by itself tried again")),
    "run-given-up": Act(_("Gave up what is made by itself")),
    "take-audit": Act(_("Took the audit log as a file")),
    "lock-period": Act(_("Locked an accounting period of a building"), B),
    "bureau-bill": Act(_("Entered a bill of the power bureau")),
    "correct-bureau-bill": Act(_("Corrected a bill of the power bureau")),
    "k3-map": Act(_("Put an account map for K/3 in force")),
    "k3-template": Act(_("Changed the layout of voucher files")),
    "k3-export": Act(_("Exported vouchers to K/3")),
    "k3-export-back": Act(_("Took an export of vouchers back")),
    "take-k3-export": Act(_("Took a voucher file")),
    "k3-import": Act(_("Imported a list from K/3")),
    "k3-import-back": Act(_("Took an import from K/3 back")),
    "agreement-list": Act(_("Brought in another party's list for the four-way agreement")),
    "agreement-list-back": Act(_("Took a list for the four-way agreement back")),
    "agreement-sum": Act(_("Typed another party's sum for the four-way agreement")),
    "agreement-lock": Act(_("Locked a building's period, signed by all parties"), B),
    VERIFIED: Act(_("Verified the books")),
}

TAKEN = ("payment", "charge")
"""How the kinds of movements begin that a receipt was issued for."""


def act_words(action: str) -> Words:
    """Give an act's words, or its name as it came."""
    return ACTS[action].words if action in ACTS else action
