"""What is owed: by an account outside its gateway's balance, by one person as his share, as a penalty. The ledger says how much.

A debt is acted on in whole fen. One kept in kWh is priced once, at the day of the first act, as if it had been sold then; what is
below a fen is let go.
"""

from dataclasses import dataclass
from uuid import uuid4

from central.campus.models import Account
from central.campus.queries import building_of, price_at
from central.desk.debts.models import DebtShare
from central.desk.debts.naming import COLLECT
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.debts.refusals import DebtRefusal as Why
from central.desk.debts.refusals import Refused
from central.desk.departures.settling import settle_arrears
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft
from central.ledger.queries import balance
from central.link.models import TakeBackRequest
from central.link.outbox import lock_gateway_or_building
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


@dataclass(frozen=True, slots=True)
class Debt:
    """A debt that is locked: whose, on which side of the ledger, how many fen, and what must be booked before it is acted on."""

    account: Account
    share: DebtShare | None
    side: chart.Side
    due_fen: int
    form: tuple[Draft, ...] = ()
    penalty: DebtPenalty | None = None


def share_side(share: DebtShare) -> chart.Side:
    """Give the ledger account of a share."""
    return chart.debt_share(share.split_id, share.number)


def locked_debt(
    account_code: str, share_id: int | None, now_ms: int, penalty_id: int | None = None
) -> Debt | Refused:
    """Lock a debt by its room's gateway, and give it in whole fen; refused while it is being collected, or when nothing is owed."""
    building = building_of(account_code)
    if building is None:
        return Refused(Why.UNKNOWN_DEBT, account_code)
    lock_gateway_or_building(building)
    account = Account.objects.select_related("point__customer_class", "point__room__building").get(
        code=account_code
    )
    if account.state == Account.State.CLOSED:
        settle_arrears(account, now_ms)
    debt: Debt | Refused
    if share_id:
        debt = _share(account, share_id)
    elif penalty_id:
        debt = _penalty(account, penalty_id)
    else:
        debt = _rooms(account, now_ms)
    return debt if isinstance(debt, Refused) or debt.due_fen > 0 else Refused(Why.NOTHING_OWED, account_code)


def _share(account: Account, share_id: int) -> Debt | Refused:
    share = DebtShare.objects.filter(pk=share_id, split__account=account).select_related("split").first()
    if share is None:
        return Refused(Why.UNKNOWN_DEBT, account.code)
    side = share_side(share)
    return Debt(account, share, side, balance(side) // MICRO_YUAN_PER_FEN)


def _penalty(account: Account, penalty_id: int) -> Debt | Refused:
    penalty = DebtPenalty.objects.filter(pk=penalty_id, account=account).first()
    if penalty is None:
        return Refused(Why.UNKNOWN_DEBT, account.code)
    side = chart.penalty_owed(penalty.case)
    return Debt(account, None, side, balance(side) // MICRO_YUAN_PER_FEN, penalty=penalty)


def _rooms(account: Account, now_ms: int) -> Debt | Refused:
    if is_being_collected(account):
        return Refused(Why.STILL_COLLECTED, account.code)
    priced = _priced(account, now_ms)
    if isinstance(priced, Refused):
        return priced
    drafts, added = priced
    side = chart.owed(account.code, "yuan")
    due_fen, rest = divmod(balance(side) + added, MICRO_YUAN_PER_FEN)
    if rest:
        drafts = [*drafts, _draft("debt-rounded", chart.rounding(), side, rest, account, now_ms)]
    return Debt(account, None, side, due_fen, tuple(drafts))


def _priced(account: Account, now_ms: int) -> tuple[list[Draft], int] | Refused:
    """Give what turns a debt in kWh into one in yuan, and how much that adds, in micro-yuan."""
    in_kwh = chart.owed(account.code, "kwh")
    energy_wh = balance(in_kwh)
    if energy_wh <= 0:
        return [], 0
    price = price_at(account.point.customer_class.tariff_id, now_ms)
    if price is None or price.micro_yuan_per_kwh <= 0:
        return Refused(Why.NO_PRICE, account.code)
    code, money = account.point.customer_class.code, energy_wh * price.micro_yuan_per_kwh // 1000
    energy = _draft("debt-priced", chart.energy_sold(code), in_kwh, energy_wh, account, now_ms)
    if money <= 0:
        return [energy], 0
    owed = chart.owed(account.code, "yuan")
    return [energy, _draft("debt-priced", owed, chart.energy_sales(code), money, account, now_ms)], money


def _draft(
    kind: str, debit: chart.Side, credit: chart.Side, amount: int, account: Account, now_ms: int
) -> Draft:
    """Booked once, because its gateway is locked from the look at the ledger on: the name is new each time."""
    return Draft(f"{kind}:{uuid4().hex}", debit, credit, amount, kind, now_ms, account.code)


def is_being_collected(account: Account) -> bool:
    """Say whether the gateway was asked for credit against this debt and has not answered."""
    asked = account.take_backs.filter(state=TakeBackRequest.State.PENDING)
    return asked.filter(request_id__startswith=COLLECT).exists()
