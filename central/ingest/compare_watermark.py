"""Compare balances with a gateway's at a common watermark, and only there (C-2). A difference names the account."""

from central.campus.models import Account
from central.ingest.received_rows import instant_ms
from central.ledger.models import LedgerAccount
from central.link.alarms import clear_alarm, raise_alarm
from central.link.models import Alarm, Delivery, Gateway, GatewayEpoch, MirrorBalance, WatermarkCheck
from gateway.contract.facts import Watermark

Key = tuple[str, str, str]
Difference = dict[str, str | int]
ALARM = "balance-differs"


def compare(gateway: Gateway, epoch: GatewayEpoch, seq: int, watermark: Watermark, now_ms: int) -> None:
    """Compare at one watermark, inside the batch's transaction; store the check and raise or clear alarms by account.

    Three numbers must agree for each bucket: what the gateway says, what its entries add up to, and what central's ledger says
    without the grants that haven't arrived. A watermark before the epoch's opening is not compared.
    """
    gateway.refresh_from_db()
    if not epoch.opened or watermark.last_command < gateway.opening_number:
        return
    theirs: dict[Key, int] = {}
    for row in watermark.balances:
        key = (row.account, row.bucket, row.unit)
        theirs[key] = theirs.get(key, 0) + row.amount
    entries = {(m.account, m.bucket, m.unit): m.amount for m in MirrorBalance.objects.filter(gateway=gateway)}
    live = _live_accounts(gateway)
    keys = {key for key in theirs.keys() | entries.keys() if key[0] in live}
    ledger = _ledger(keys, gateway)
    differences = [
        _difference(key, theirs.get(key, 0), entries.get(key, 0), ledger.get(key, 0))
        for key in sorted(keys)
        if not theirs.get(key, 0) == entries.get(key, 0) == ledger.get(key, 0)
    ]
    differences += [
        {"account": key[0], "bucket": key[1], "unit": key[2], "unknown": theirs[key]}
        for key in sorted(theirs)
        if key[0] not in live and theirs[key] and not Account.objects.filter(code=key[0]).exists()
    ]
    differences += _missing_grants(gateway, watermark.last_command)
    WatermarkCheck.objects.create(
        gateway=gateway,
        epoch=epoch.epoch,
        seq=seq,
        last_command=watermark.last_command,
        at_ms=instant_ms(watermark.at, now_ms),
        checked_ms=now_ms,
        accounts=len({key[0] for key in keys}),
        differences=differences,
    )
    _sound(gateway, differences, now_ms)


def _live_accounts(gateway: Gateway) -> set[str]:
    open_accounts = Account.objects.filter(point__room__building=gateway.building_id).exclude(
        state=Account.State.CLOSED
    )
    return set(open_accounts.values_list("code", flat=True))


def _ledger(keys: set[Key], gateway: Gateway) -> dict[Key, int]:
    """Give central's balances less what the gateway can't have yet: the grants that haven't arrived."""
    codes = {f"customer:{account}:{bucket}:{unit}": (account, bucket, unit) for account, bucket, unit in keys}
    amounts = {codes[code]: row.balance for code, row in LedgerAccount.objects.in_bulk(list(codes)).items()}
    for delivery in Delivery.objects.filter(gateway=gateway, applied_ms=None).select_related(
        "grant__account"
    ):
        grant = delivery.grant
        key = (grant.account.code, grant.bucket, grant.unit)
        if key in keys:
            amounts[key] = amounts.get(key, 0) - grant.amount
    return amounts


def _missing_grants(gateway: Gateway, last_command: int) -> list[Difference]:
    missing = Delivery.objects.filter(
        gateway=gateway,
        applied_ms=None,
        refused="",
        command__stream=gateway.stream,
        command__number__lte=last_command,
    ).select_related("grant__account")
    return [
        {"account": d.grant.account.code, "grant": d.grant_id, "missing": d.grant.amount} for d in missing
    ]


def _difference(key: Key, gateway: int, entries: int, ledger: int) -> Difference:
    account, bucket, unit = key
    return {
        "account": account,
        "bucket": bucket,
        "unit": unit,
        "gateway": gateway,
        "entries": entries,
        "ledger": ledger,
    }


def _sound(gateway: Gateway, differences: list[Difference], now_ms: int) -> None:
    named = {str(difference["account"]): difference for difference in differences}
    for account, difference in named.items():
        detail = ", ".join(f"{name} {value}" for name, value in difference.items() if name != "account")
        raise_alarm(ALARM, account, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)
    standing = Alarm.objects.filter(gateway=gateway, what=ALARM, by_central=True, cleared_ms=None)
    for account in standing.values_list("subject", flat=True):
        if account not in named:
            clear_alarm(ALARM, account, now_ms=now_ms, gateway_id=gateway.pk)
