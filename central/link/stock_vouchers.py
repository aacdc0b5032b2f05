"""Sign vouchers before anybody paid, know them again when a gateway credits one, name their serials for an opening (C-6, C-11).

What a voucher is sold for, and by whom, is the desk's.
"""

from collections.abc import Sequence
from hashlib import sha256

from central.campus.models import Account
from central.link.alarms import raise_alarm
from central.link.grants import CODED, reserve_serials
from central.link.models import Gateway, Grant, StockVoucher, VoucherRedeemed
from central.link.signing import public_key_hex
from central.link.vouchers import code_key
from gateway.contract import commands
from gateway.contract.facts import Entry
from gateway.contract.identifiers import AccountId, GrantId
from gateway.contract.voucher_code import short_name, write_code

UNPAID = "voucher-unpaid"
"""A voucher was credited and no sale of it is entered."""


def payment_id_of(number: str) -> str:
    """Give the id of the payment that sells a voucher: made beforehand, so that its grant is known beforehand."""
    return f"v-{number}"


def make_vouchers(
    stock: int,
    gateway: Gateway,
    accounts: Sequence[Account],
    bucket: str,
    unit: str,
    amount: int,
    now_ms: int,
) -> list[StockVoucher]:
    """Sign one voucher for each account that is named, inside the caller's transaction; the gateway's row is locked by him."""
    serials = reserve_serials(gateway.pk, len(accounts), now_ms)
    vouchers = []
    for place, (account, serial) in enumerate(zip(accounts, serials, strict=True), start=1):
        number = f"{stock}-{place:03d}"
        vouchers.append(
            StockVoucher(
                number=number,
                stock=stock,
                gateway=gateway,
                serial=serial,
                account=account,
                bucket=bucket,
                unit=unit,
                amount=amount,
                grant_id=f"p-{payment_id_of(number)}",
                keys=keys_of(gateway),
                made_ms=now_ms,
            )
        )
    return StockVoucher.objects.bulk_create(vouchers, batch_size=500)


def keys_of(gateway: Gateway) -> str:
    """Give the digest of the keys that codes of now are made with."""
    return _digest(gateway, public_key_hex(gateway.central_keys))


def unused_of_key(public_key: str) -> int:
    """Count vouchers that nobody sold, redeemed or destroyed and whose codes one of our keys proves: without it they are paper."""
    kinds = [_digest(gateway, public_key) for gateway in Gateway.objects.exclude(public_key="")]
    unused = StockVoucher.objects.filter(keys__in=kinds, redeemed=None, destroyed=None)
    return unused.exclude(grant_id__in=Grant.objects.values("grant_id")).count()


def _digest(gateway: Gateway, public_key: str) -> str:
    return sha256(f"{gateway.public_key} {public_key}".encode()).hexdigest()


def order_of_voucher(voucher: StockVoucher) -> commands.Grant:
    """Give the grant that a voucher carries."""
    return commands.Grant(
        grant=GrantId(voucher.grant_id),
        account=AccountId(voucher.account.code),
        bucket=voucher.bucket,
        unit=voucher.unit,
        amount=voucher.amount,
        serial=voucher.serial,
    )


def code_of_voucher(voucher: StockVoucher) -> str | None:
    """Give a voucher's code; None where the keys are no longer those that it was made for."""
    key = code_key(voucher.gateway) if voucher.keys == keys_of(voucher.gateway) else None
    return key and write_code(key, voucher.gateway_id, order_of_voucher(voucher))


def note_redeemed(gateway_id: str, entry: Entry, at_ms: int, now_ms: int) -> bool:
    """Keep that a gateway credited a voucher whose sale nobody entered, and raise the alarm; False for no voucher of the stock."""
    voucher = _named(gateway_id, entry.source or "")
    if voucher is None:
        return False
    said = {(entry.account, line.bucket, line.unit) for line in entry.lines}
    wanted = {(voucher.account.code, voucher.bucket, voucher.unit)}
    if said != wanted or sum(line.amount for line in entry.lines) != voucher.amount:
        return False
    VoucherRedeemed.objects.get_or_create(
        voucher=voucher, defaults={"entry": entry.entry, "at_ms": at_ms, "received_ms": now_ms}
    )
    state = "was destroyed" if hasattr(voucher, "destroyed") else "is not entered as sold"
    raise_alarm(
        UNPAID,
        voucher.number,
        now_ms=now_ms,
        gateway_id=gateway_id,
        detail=f"voucher {voucher.number} for {voucher.account.code} was credited and {state}",
    )
    return True


def _named(gateway_id: str, name: str) -> StockVoucher | None:
    coded = CODED.fullmatch(name)
    if coded is None:
        return None
    vouchers = StockVoucher.objects.filter(gateway=gateway_id, serial=int(coded[1]))
    found = vouchers.select_related("account", "destroyed").first()
    return found if found is not None and short_name(order_of_voucher(found)) == name else None
