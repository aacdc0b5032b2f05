"""The names and sides of ledger accounts. Every code ends with its unit, so that no transfer can mix yuan and kWh."""

from dataclasses import dataclass

from central.ledger.models import LedgerAccount

Kind = LedgerAccount.Kind


@dataclass(frozen=True, slots=True)
class Side:
    """A ledger account as a transfer names it; it is opened by its first transfer."""

    code: str
    unit: str
    kind: str


def cash(desk: str = "main") -> Side:
    """The drawer of a desk."""
    return Side(f"cash:{desk}:yuan", "yuan", Kind.ASSET)


def card_clearing() -> Side:
    """What the card system took and has not paid over yet."""
    return Side("card-clearing:yuan", "yuan", Kind.ASSET)


def bank_clearing() -> Side:
    """What came by bank transfer, until finance ties it to its statement."""
    return Side("bank-clearing:yuan", "yuan", Kind.ASSET)


def card_paid_over() -> Side:
    """What the card system has paid over to the college's bank, by finance's word."""
    return Side("card-paid-over:yuan", "yuan", Kind.ASSET)


def card_fees() -> Side:
    """What the card system kept for its service."""
    return Side("card-fees:yuan", "yuan", Kind.EXPENSE)


def card_meter_sales() -> Side:
    """What the card meters' own software took: imported, never cash of the desk (R-4.2.1)."""
    return Side("card-meters:imported:yuan", "yuan", Kind.ASSET)


def repair_fees() -> Side:
    """Repair fees collected (R-4.1.7)."""
    return Side("repair-fees:yuan", "yuan", Kind.INCOME)


def on_behalf(code: str) -> Side:
    """Sums collected for others, by the item of the list: we owe them on (R-4.1.7)."""
    return Side(f"on-behalf:{code}:yuan", "yuan", Kind.LIABILITY)


def owed(account: str, unit: str) -> Side:
    """What an account's occupants owe outside the gateway's balance: credit of a wrong receipt used up (R-4.1.5), a closed
    account's arrears, a bill. It is collected, written off with approval, and never cuts a room.
    """
    return Side(f"debt:{account}:{unit}", unit, Kind.ASSET)


def reclaim(account: str, unit: str) -> Side:
    """Credit given wrongly to an account, until it is known how much of it is taken back and how much is owed (R-4.1.5, C-7)."""
    return Side(f"reclaim:{account}:{unit}", unit, Kind.ASSET)


def college_errors(unit: str) -> Side:
    """The college's own errors put right after their day, with two approvals: never takings, never a subsidy (R-4.1.5)."""
    return Side(f"college-error:{unit}", unit, Kind.EXPENSE)


def billed(account: str) -> Side:
    """What an account's occupants owe by monthly bills, apart from other debts: each is paid at its own place (R-4.2.1)."""
    return Side(f"billed:{account}:yuan", "yuan", Kind.ASSET)


def safe() -> Side:
    """Cash taken out of the drawers and not yet handed in."""
    return Side("cash-safe:yuan", "yuan", Kind.ASSET)


def handed_in() -> Side:
    """Cash that finance has received."""
    return Side("cash-finance:yuan", "yuan", Kind.ASSET)


def desk_float() -> Side:
    """Small change that finance gave the drawers."""
    return Side("float:finance:yuan", "yuan", Kind.LIABILITY)


def over_short() -> Side:
    """Cash that was counted above or under what the books say; grows with what is missing."""
    return Side("cash-over-short:yuan", "yuan", Kind.EXPENSE)


def difference_waiting() -> Side:
    """Differences above the desk's own limit, until the offices have approved them."""
    return Side("cash-difference:waiting:yuan", "yuan", Kind.ASSET)


def customer(account: str, bucket: str, unit: str) -> Side:
    """What we owe an account's occupants in a bucket; below zero they owe us."""
    return Side(f"customer:{account}:{bucket}:{unit}", unit, Kind.LIABILITY)


def energy_revenue(class_code: str, unit: str) -> Side:
    """Energy used, by class, in the unit it was billed in."""
    return Side(f"revenue:energy:{class_code}:{unit}", unit, Kind.INCOME)


def energy_sales(class_code: str) -> Side:
    """Money taken for credit kept in kWh."""
    return Side(f"sales:energy:{class_code}:yuan", "yuan", Kind.INCOME)


def energy_sold(class_code: str) -> Side:
    """The other side of credit given in kWh."""
    return Side(f"sold:energy:{class_code}:kwh", "kwh", Kind.ASSET)


def subsidy(unit: str) -> Side:
    """Credit given without money: never takings (R-4.1.7)."""
    return Side(f"subsidy:issued:{unit}", unit, Kind.EXPENSE)


def opening(unit: str) -> Side:
    """What the former system owed its rooms and we took over: never takings, never a subsidy (the bridge of R-4.1.9)."""
    return Side(f"opening:old-system:{unit}", unit, Kind.ASSET)


def opening_owed(account: str, unit: str) -> Side:
    """What an account's occupants owe from the former system: no gateway can hold it, so it is collected here."""
    return Side(f"owed:opening:{account}:{unit}", unit, Kind.ASSET)


def lapsed(unit: str) -> Side:
    """What was left in a bucket on its last day."""
    return Side(f"lapsed:{unit}", unit, Kind.INCOME)


def adjustments(unit: str) -> Side:
    """Prices learnt late and true-ups of an untrusted clock (C-9, C-14)."""
    return Side(f"adjustment:{unit}", unit, Kind.INCOME)


def suspense(unit: str) -> Side:
    """Credit a gateway reports that central has no record of giving: each one is an alarm."""
    return Side(f"suspense:unknown-grant:{unit}", unit, Kind.ASSET)


def take_back_asked(unit: str) -> Side:
    """The memorandum of credit asked back and not answered yet (C-7)."""
    return Side(f"take-back:asked:{unit}", unit, Kind.ASSET)


def take_back_pending(unit: str) -> Side:
    """The other side of `take_back_asked`."""
    return Side(f"take-back:pending:{unit}", unit, Kind.LIABILITY)


def taken_back(account: str, unit: str) -> Side:
    """Credit the gateway took back: what may be paid out to the account's occupants."""
    return Side(f"taken-back:{account}:{unit}", unit, Kind.LIABILITY)


def paid_by_finance() -> Side:
    """What finance paid out for us from the bank: refunds with their reference and K3 voucher (C-8)."""
    return Side("paid-by-finance:yuan", "yuan", Kind.LIABILITY)


def moved_credit(unit: str) -> Side:
    """Credit on its way from a former room to the new one: nothing rests here, and it is never takings (C-8)."""
    return Side(f"moved-credit:{unit}", unit, Kind.LIABILITY)


def debt_share(split: str, number: int) -> Side:
    """One person's share of a departed room's arrears, in yuan."""
    return Side(f"debt-share:{split}.{number}:yuan", "yuan", Kind.ASSET)


def penalty_owed(case: int) -> Side:
    """What is owed of the penalty of a theft case: a debt of its own, never taken from a room's credit (R-4.2.4)."""
    return Side(f"debt-penalty:{case}:yuan", "yuan", Kind.ASSET)


def penalties() -> Side:
    """Penalties for stolen power: never takings of energy (R-4.2.4)."""
    return Side("theft-penalties:yuan", "yuan", Kind.INCOME)


def penalty_back(case: int) -> Side:
    """What was paid of a penalty that an appeal took back: owed to who paid it."""
    return Side(f"penalty-back:{case}:yuan", "yuan", Kind.LIABILITY)


def bad_debts() -> Side:
    """Debts written off with approval."""
    return Side("bad-debts:yuan", "yuan", Kind.EXPENSE)


def rounding() -> Side:
    """What is below a fen when cash is paid out."""
    return Side("rounding:yuan", "yuan", Kind.INCOME)
