"""Give credit without money to one account: once however often it is asked for. Subsidies are never takings (R-4.1.7)."""

from django.db import transaction

from central.desk.account_sold_to import is_for, lock_behind, open_account
from central.desk.refusals import DeskRefusal, Refused
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.link.grants import issue_grant
from central.link.models import Grant
from central.office.models import User


@transaction.atomic
def grant_subsidy(
    grant_id: str,
    account_code: str,
    bucket: str,
    amount: int,
    *,
    actor: User,
    why: str,
    now_ms: int,
    expires_ms: int = 0,
) -> Grant | Refused:
    """Give credit without money, in the bucket's unit, once per `grant_id`. Subsidies are never takings (R-4.1.7)."""
    if not why.strip():
        return Refused(DeskRefusal.NO_REASON)
    if amount <= 0:
        return Refused(DeskRefusal.NOT_POSITIVE)
    gateway = lock_behind(account_code)
    known = Grant.objects.filter(pk=grant_id).select_related("account").first()
    if known is not None:
        same = (known.bucket, known.amount) == (bucket, amount) and is_for(known, account_code)
        return known if same else Refused(DeskRefusal.EXISTS_WITH_DIFFERENT)
    found = open_account(account_code, bucket)
    if isinstance(found, Refused):
        return found
    account, rule = found
    draft = Draft(
        id=f"subsidy:{grant_id}",
        debit=chart.subsidy(rule.unit),
        credit=chart.customer(account.code, bucket, rule.unit),
        amount=amount,
        kind="subsidy",
        at_ms=now_ms,
        reference=grant_id,
        note=why,
    )
    book_new([draft], now_ms)
    by = actor.get_username()
    record_audit(actor=by, action="subsidy", subject=account.code, detail=why, now_ms=now_ms)
    return issue_grant(
        grant_id=grant_id,
        account=account,
        gateway=gateway,
        bucket=bucket,
        unit=rule.unit,
        amount=amount,
        source=Grant.Source.SUBSIDY,
        note=why,
        now_ms=now_ms,
        expires_ms=expires_ms,
    )
