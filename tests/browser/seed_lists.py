"""Price and repair lists in every state, as months of work leave them: in force, to come, waiting, refused, being written."""

from central import clock
from central.campus.models import CustomerClass
from central.domain.price_list import ClassPrice
from central.domain.repair_list import Item, ItemKind, ItemUnit
from central.office import list_drafts, price_lists, repair_lists
from central.office.approvals import sign
from central.office.models import Approval, ListDraft, ListKind, User

DAY_MS = 86_400_000
REPAIRS = (
    *(("R-01", "更换插座", "Replace a socket", 1_500), ("R-02", "更换日光灯管", "Replace a tube", 1_200)),
    *(
        ("R-03", "更换空气开关", "Replace a breaker", 4_500),
        ("R-04", "线路检修（每小时）", "Search a fault", 6_000),
    ),
)
WINDOWS = [
    {
        "window": {"days": [1, 2, 3, 4, 5], "from_minute": 480, "to_minute": 1320},
        "micro_yuan_per_kwh": 988_000,
    }
]
STEPS = [{"above_wh": 200_000, "add_micro_yuan_per_kwh": 50_000}]


def lists() -> None:
    """Make a list of either kind in force, a price list to come, drafts that wait, were refused, and are written."""
    now_ms, manager = clock.now_ms(), User.objects.get(username="manager")
    one_hour_ago = now_ms - DAY_MS // 24
    price_lists.publish_at_console(
        [ClassPrice("dormitory", 548_300)], one_hour_ago, why="新学年电价", now_ms=now_ms - DAY_MS
    )
    repair_lists.publish_at_console(items(), one_hour_ago, why="首份报价", now_ms=now_ms - DAY_MS)
    coming = _asked(
        manager, [_row("dormitory", 558_300), _row("shop", 941_400)], now_ms + 30 * DAY_MS, now_ms
    )
    for name in ("director", "vice", "finance"):
        sign(coming.number, approve=True, reason="", actor=User.objects.get(username=name), now_ms=now_ms)
    _asked(
        manager, [_row("shop", 899_000, WINDOWS, STEPS), _row("dormitory", 560_000)], now_ms + DAY_MS, now_ms
    )
    refused = _asked(manager, [_row("shop", 1_200_000)], 0, now_ms)
    director = User.objects.get(username="director")
    sign(refused.number, approve=False, reason="涨幅过大，请重新核算", actor=director, now_ms=now_ms)
    _draft(
        manager,
        ListKind.PRICE,
        [_row("shop", 950_000, WINDOWS, STEPS), _row("dormitory", 560_000)],
        0,
        now_ms,
    )
    dearer = [
        Item(**{**one.content(), "price_fen": one.price_fen + 100 * (place % 3 - 1)})
        for place, one in enumerate(items())
    ]
    added = Item("R-09", ItemKind.REPAIR, "更换电表箱锁", "", ItemUnit.EACH, 2_000)
    _draft(manager, ListKind.REPAIR, [one.content() for one in [*dearer[:-1], added]], 0, now_ms)
    assert CustomerClass.objects.filter(code="shop").exists()


def items() -> list[Item]:
    """Give a small repair list."""
    repairs = [
        Item(code, ItemKind.REPAIR, name, english, ItemUnit.HOUR if "小时" in name else ItemUnit.EACH, price)
        for code, name, english, price in REPAIRS
    ]
    return [*repairs, Item("B-01", ItemKind.ON_BEHALF, "补办校园卡工本费", "Card fee", ItemUnit.EACH, 2_000)]


def _row(code: str, micro_yuan: int, windows: list | None = None, steps: list | None = None) -> dict:
    return ClassPrice(code, micro_yuan, windows or [], steps or []).content()


def _draft(actor: User, kind: str, rows: list, from_ms: int, now_ms: int) -> ListDraft:
    draft = list_drafts.start(kind, [], actor=actor, now_ms=now_ms)
    saved = list_drafts.save(draft.pk, from_ms, rows, actor=actor, now_ms=now_ms)
    assert isinstance(saved, ListDraft), saved
    return saved


def _asked(actor: User, rows: list, from_ms: int, now_ms: int) -> Approval:
    draft = _draft(actor, ListKind.PRICE, rows, from_ms, now_ms)
    request = list_drafts.ask(
        draft.pk,
        seen_ms=draft.changed_ms,
        why="购电成本上涨",
        key=f"seed-{draft.pk}",
        actor=actor,
        now_ms=now_ms,
    )
    assert isinstance(request, Approval), request
    return request
