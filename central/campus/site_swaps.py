"""Meters replaced on site, as the campus takes them: what hangs on the wall holds, unless another room is billed by it (C-3)."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from central.campus.changes import announce, touch
from central.campus.meter_groups import put_new_meter_in_groups
from central.campus.models import Account, Binding, Building, Meter


def bound_elsewhere(building_id: int, meters: set[str]) -> set[str]:
    """Give those of the meters by which a live account of another building is billed: its newest binding, and the meter's."""
    newer = Binding.objects.filter(
        Q(meter=OuterRef("meter")) | Q(account=OuterRef("account")), from_ms__gt=OuterRef("from_ms")
    )
    bound = (
        Binding.objects.filter(~Exists(newer), meter__meter_no__in=meters)
        .exclude(account__state=Account.State.CLOSED)
        .exclude(account__point__room__building=building_id)
    )
    return set(bound.values_list("meter__meter_no", flat=True))


@dataclass(frozen=True, slots=True)
class SiteSwap:
    """A meter replaced on site: what its gateway says of the new binding (C-3). `account` None: a meter that bills nobody."""

    binding: str
    old_meter: str
    new_meter: str
    account: str | None
    from_ms: int
    first_wh: int


@transaction.atomic
def take_site_swap(building: Building, swap: SiteSwap, *, actor: str, detail: str, now_ms: int) -> str:
    """Take a swap into the campus: the new meter, its binding, and its place in the building's groups.

    A meter of another building that bills nobody there moves here. The same again changes nothing.
    Gives why it can't be taken, or nothing.
    """
    meter, _made = Meter.objects.get_or_create(meter_no=swap.new_meter, defaults={"building": building})
    if bound_elsewhere(building.pk, {swap.new_meter}):
        return f"meter {swap.new_meter} is another building's"
    if swap.account is not None:
        why = _put_site_binding(building, meter, swap)
        if why:
            return why
    if meter.building_id != building.pk:
        announce(actor, "move-meter", swap.new_meter, f"{meter.building.code} to {building.code}", now_ms)
        meter.building = building
        meter.save(update_fields=["building"])
    put_new_meter_in_groups(building, swap.old_meter, swap.new_meter, swap.from_ms)
    touch({building.code})
    announce(actor, "swap-meter", swap.account or swap.old_meter, detail, now_ms)
    return ""


def _put_site_binding(building: Building, meter: Meter, swap: SiteSwap) -> str:
    account = Account.objects.filter(code=swap.account, point__room__building=building).first()
    if account is None:
        return f"account {swap.account} is not one of this gateway's building"
    known = Binding.objects.filter(code=swap.binding).first()
    if known is not None:
        same = (known.meter_id, known.account_id, known.from_ms) == (meter.pk, account.pk, swap.from_ms)
        return "" if same else f"binding {swap.binding} exists with different content"
    if Binding.objects.filter(meter=meter, from_ms=swap.from_ms).exists():
        return f"meter {swap.new_meter} has another binding from {swap.from_ms} on"
    Binding.objects.create(
        code=swap.binding, meter=meter, account=account, from_ms=swap.from_ms, baseline_wh=swap.first_wh
    )
    return ""
