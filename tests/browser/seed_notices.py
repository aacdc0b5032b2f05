"""Notices as they stand after some days: told, failing, given up, to be told by hand, and one that reached nobody."""

from django.db import transaction

from central import clock
from central.domain.notice import Kind, State, Trouble
from central.office.channels import Asked, save_channel
from central.office.models import Channel, Delivery
from central.office.notices import notify

APPROVAL = {"number": 12, "act_word": "Prices", "subject": "学生宿舍电价", "link": "/office/approvals/12/"}
ENDS = {
    "finance": {"state": State.SENT, "told_ms": 1_790_000_000_000, "repeats": 2},
    "director": {"state": State.GAVE_UP, "trouble": Trouble.NOT_PERMITTED, "detail": "310000 sign not match"},
    "security": {"failures": 3, "trouble": Trouble.UNREACHABLE},
}


def notices() -> None:
    """Make a channel of each end, a group's by hand, and a notice on each; the first channel is finance's."""
    now_ms = clock.now_ms()
    for office in ENDS:
        asked = Asked(f"group of {office}", Kind.MAIL, office, "", "zh-hans", f"{office}@college.example")
        assert isinstance(save_channel(asked, None, actor="seed", now_ms=now_ms), Channel)
    by_hand = Asked("1 号楼 QQ 群", Kind.BY_HAND, "", "building-1", "zh-hans")
    assert isinstance(save_channel(by_hand, None, actor="seed", now_ms=now_ms), Channel)
    with transaction.atomic():
        notify("approval-waiting", APPROVAL, to=[*ENDS, "building-1"], key="every-page", now_ms=now_ms)
        notify("approval-waiting", APPROVAL, to=["store"], key="nobody", now_ms=now_ms)
    for office, end in ENDS.items():
        Delivery.objects.filter(channel__office=office).update(next_ms=now_ms + 600_000, **end)
