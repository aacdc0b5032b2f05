"""What the ledger's movements and accounts are called on pages: wherever a transfer is shown, it has the same words."""

from django.utils.translation import gettext_lazy as _

from central.office.words import ENTRY_KINDS, Words

MOVES: dict[str, Words] = {
    "payment": _("Payment"),
    "payment-energy": _("Payment: the energy bought"),
    "charge": _("Charge for an item"),
    "bill": _("Monthly bill"),
    "bill-energy": _("Monthly bill: its energy"),
    "bill-credit": _("Credit note for a monthly bill"),
    "bill-credit-energy": _("Credit note: its energy"),
    "bill-payment": _("Payment of a monthly bill"),
    "card-meter-sale": _("Sold by the card meters' software"),
    "card-meter-energy": _("Sold by the card meters' software: the energy"),
    "card-pay-over": _("Paid over by the card system"),
    "subsidy": _("Subsidy"),
    "pay-out": _("Paid out in cash"),
    "void": _("Receipt made void"),
    "reclaim-taken": _("Credit of a void receipt or an error, taken back"),
    "reclaim-owed": _("Credit of a void receipt or an error, used and owed"),
    "college-error": _("Error of the college put right"),
    "float": _("Change of the drawer's float"),
    "to-safe": _("From the drawer into the safe"),
    "hand-in": _("Received by finance"),
    "cash-difference": _("Difference of cash"),
    "opening-owed": _("Owed from the old system"),
    "opening-back": _("Opening balance taken back"),
    "subsidy-back": _("Subsidy taken back"),
    "voucher-entered": _("Voucher entered that was credited before"),
    "opening-collected": _("Debt of the old system collected"),
    "offset": _("Set off against what is owed"),
    "moved-credit": _("Credit moved to another room"),
    "arrears": _("Below zero at the closing: owed"),
    "debt-paid": _("Debt paid"),
    "debt-collected": _("Debt collected from credit"),
    "debt-split": _("Debt laid on a person"),
    "debt-priced": _("Debt in kWh priced"),
    "debt-rounded": _("Debt rounded to whole fen"),
    "written-off": _("Debt written off"),
    "penalty": _("Penalty for stolen power"),
    "penalty-reversed": _("Penalty reduced or annulled"),
    "true-up": _("True-up of what was not metered (estimated)"),
    "true-up-reversed": _("True-up taken back"),
    "take-back-asked": _("Credit asked back, not answered yet"),
    "take-back-settled": _("Credit asked back, answered"),
    **ENTRY_KINDS,
}
"""Movements of money, by a transfer's kind; what gateways report has its words elsewhere."""

SIDES: dict[str, Words] = {
    "cash": _("cash"),
    "card-paid-over": _("paid over by the card system"),
    "card-fees": _("fees of the card system"),
    "card-meters:imported": _("sold by the card meters' software"),
    "cash-safe": _("cash in the safe"),
    "cash-finance": _("cash at finance"),
    "float": _("the drawers' float"),
    "cash-over-short": _("cash over or short"),
    "cash-difference": _("differences that wait for approval"),
    "opening": _("the old system"),
    "owed:opening": _("owed by %(of)s from the old system"),
    "billed": _("owed by %(of)s by monthly bills"),
    "customer": _("balance of %(of)s"),
    "revenue:energy": _("energy used"),
    "sales:energy": _("energy sold for cash"),
    "sold:energy": _("energy handed out"),
    "card-clearing": _("payment cards"),
    "bank-clearing": _("bank transfers"),
    "repair-fees": _("repair fees"),
    "on-behalf": _("collected on behalf, item %(of)s"),
    "subsidy": _("subsidies"),
    "reclaim": _("to be taken back from %(of)s"),
    "college-error": _("errors of the college"),
    "lapsed": _("lapsed credit"),
    "adjustment": _("adjustments"),
    "suspense": _("credit of unknown origin"),
    "take-back:asked": _("asked back"),
    "take-back:pending": _("asked back, not answered"),
    "moved-credit": _("credit on its way to another room"),
    "paid-by-finance": _("paid out by finance"),
    "debt": _("owed by %(of)s"),
    "debt-share": _("a person's share of a debt"),
    "debt-penalty": _("owed of the penalty of case %(of)s"),
    "theft-penalties": _("penalties for stolen power"),
    "penalty-back": _("owed back of the penalty of case %(of)s"),
    "bad-debts": _("debts written off"),
    "taken-back": _("taken back from %(of)s"),
    "rounding": _("rounding"),
}
"""The ledger's accounts, by how their codes begin (`chart_of_accounts`)."""


def side_words(code: str) -> str:
    """Name an account of the ledger, with the room's account whose balance it is; as it came where it isn't known."""
    for start, words in SIDES.items():
        if code.startswith(f"{start}:"):
            return str(words) % {"of": code.removeprefix(f"{start}:").partition(":")[0]}
    return code


def move_words(kind: str) -> Words:
    """Give the words of a movement of money, or its name as it came."""
    return MOVES.get(kind, kind)
