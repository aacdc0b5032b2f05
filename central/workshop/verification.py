"""Prove that each failed check names what it found, and that every photograph which the workshop's records name is kept."""

from collections.abc import Iterable, Iterator

from central.domain.device_states import DeviceAct
from central.domain.goods_in import SEEN
from central.ledger.verification import Check
from central.office.photo_proof import named_photos
from central.workshop.claims.models import ClaimStep
from central.workshop.devices.models import DeviceStep
from central.workshop.faults.models import FaultStep
from central.workshop.goods.models import GoodsCheck
from central.workshop.replacements.models import ReplacementStep
from central.workshop.work_orders.models import WorkStep

OF_CHECK = "check"
"""The source of a step that a check took."""
WITH_PHOTOS = (GoodsCheck, ClaimStep, FaultStep, ReplacementStep, WorkStep)
"""What names photographs as its evidence."""


def verify_workshop() -> list[Check]:
    """Check goods-in against its devices' steps, and that photographs are kept; their files are checked with those of losses."""
    return [_failed_steps(), named_photos("photographs of the workshop", WITH_PHOTOS)]


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
