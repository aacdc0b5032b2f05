"""Prove that each failed check names what it found, and that the photographs of checks and claims are as they were received."""

from collections.abc import Iterable, Iterator

from central.domain.device_states import DeviceAct
from central.domain.goods_in import SEEN
from central.ledger.verification import Check
from central.office.photo_models import Photo
from central.office.photos import content_of
from central.workshop.claims.models import ClaimStep
from central.workshop.devices.models import DeviceStep
from central.workshop.goods.models import GoodsCheck

OF_CHECK = "check"
"""The source of a step that a check took."""


def verify_workshop() -> list[Check]:
    """Check goods-in against its devices' steps, and the photographs that checks and claims name against their files."""
    return [_failed_steps(), _photos()]


def _failed_steps() -> Check:
    """Each FAILED step of a check has that check, with a finding; each damage in it has a photograph."""
    steps = DeviceStep.objects.filter(act=DeviceAct.FAILED.value, source=OF_CHECK).order_by("pk")
    checks = {f"check-{one.step}": one for one in GoodsCheck.objects.exclude(findings=[])}
    seen = f"{len(steps)} devices failed, {len(checks)} checks with findings"
    return Check("failed goods-in checks", seen, next(_faults(steps, checks), ""))


def _faults(steps: Iterable[DeviceStep], checks: dict[str, GoodsCheck]) -> Iterator[str]:
    for step in steps:
        check = checks.get(step.step)
        if check is None or check.device_id != step.device_id:
            yield f"{step.device_id}: failed its check without a finding"
    for check in checks.values():
        for one in check.findings:
            if one["what"] in SEEN and not one["photos"]:
                yield f"{check.device_id}: {one['what']} without a photograph"


def _photos() -> Check:
    """Every photograph that a check or a claim names is kept, and its file is what was received."""
    rows = (
        table.objects.exclude(photos=[]).values_list("photos", flat=True) for table in (GoodsCheck, ClaimStep)
    )
    named = sorted({digest for of_table in rows for photos in of_table for digest in photos})
    kept = {one.digest: one for one in Photo.objects.filter(digest__in=named)}
    lost = next((one for one in named if one not in kept or content_of(kept[one]) is None), None)
    name, seen = "photographs of checks and claims", f"{len(named)} named"
    return Check(name, seen, f"{lost}: missing or changed" if lost else "")
