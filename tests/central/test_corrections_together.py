"""A correction meets another one, a sale, the gateway's answer: nothing is done twice, nobody waits in a circle.

On SQLite writers queue at BEGIN; on PostgreSQL the order of locks is all that keeps them apart.
"""

import pytest

from tests.central.test_circles import said

GATEWAYS = r"""
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from central.desk import operations as desk
from central.desk.corrections import operations as correcting
from central.desk.corrections import reclaims
from central.desk.corrections.operations import Right, correct
from central.desk.models import Receipt
from central.desk.print_models import ReceiptVoid
from central.link import operations as link
from central.link.models import Command, TakeBackRequest
from tests.open_shifts import have_drawers, on_shift
have_drawers("main", "second")
berta = User.objects.create_user("berta", role="cashier")
on_shift(anna, NOW_MS)
on_shift(berta, NOW_MS, "second")
def enrol(building, key=None):
    key = key or Ed25519PrivateKey.generate().public_key().public_bytes_raw().hex()
    return link.enrol_gateway(f"gw-{building}", building, key, actor="t", now_ms=NOW_MS)
def fixed(name, number, room, who):
    return lambda: print(name, type(correct(name, number, Right(room, 5_000), "w", who, now_ms=NOW_MS)).__name__)
"""


@pytest.mark.timeout(180)
def test_two_correct_the_same_receipt(ready, tmp_path):
    script = (
        GATEWAYS
        + r"""
enrol("1")
desk.pay("p1", "1-301.1", 5_000, anna, now_ms=NOW_MS)
meet("same", fixed("c1", 1, "1-302.1", anna), fixed("c2", 1, "2-101.1", berta), (correcting, "record_audit"))
print(Receipt.objects.count(), ReceiptVoid.objects.count(), TakeBackRequest.objects.count())
"""
    )
    assert said(ready, tmp_path, script) == "c1 Corrected\nc2 NotCorrected\n2 1 1\n"


@pytest.mark.timeout(180)
def test_two_corrections_cross_between_two_buildings(ready, tmp_path):
    """One from the first building to the second, one the other way round: both gateways are locked in the order of their keys."""
    script = (
        GATEWAYS
        + r"""
enrol("1"), enrol("2")
desk.pay("p1", "1-301.1", 5_000, anna, now_ms=NOW_MS)
desk.pay("p2", "2-101.1", 5_000, berta, now_ms=NOW_MS)
meet("cross", fixed("c1", 1, "2-101.1", anna), fixed("c2", 2, "1-301.1", berta), (correcting, "pay"))
print(Receipt.objects.count(), ReceiptVoid.objects.count(), TakeBackRequest.objects.count())
"""
    )
    assert said(ready, tmp_path, script) == "c1 Corrected\nc2 Corrected\n4 2 2\n"


@pytest.mark.timeout(180)
def test_the_gateway_answers_and_sells_go_on_while_a_receipt_is_corrected(ready, tmp_path):
    """Ingest settles a first correction while the second one is made, and the other way round; a sale comes between."""
    script = (
        GATEWAYS
        + r"""
from central.ingest import take_answers
from central.ingest.take_message import MessageTaker
from gateway.contract.facts import CommandOutcome
from tests.central.gateway_twin import GatewayTwin
twin = GatewayTwin(now_ms=NOW_MS)
enrol("1", twin.public_key)
taker = MessageTaker(on_bench=False)
taker.take(twin.topic("birth"), twin.birth(), NOW_MS)
for name in ("p1", "p2", "p3"):
    desk.pay(name, "1-301.1", 5_000, anna, now_ms=NOW_MS)
def answer(outcome=CommandOutcome.APPLIED):
    command = Command.objects.filter(kind="take-back").latest("pk")
    used = twin.consumption("1-301.1", 10, 10)
    row = twin.result(command.number, command.command_id, outcome, taken=[])
    assert taker.take(twin.topic("up"), twin.batch(used, row), NOW_MS) is not None
fixed("c1", 1, "1-302.1", anna)()
meet("answer first", answer, fixed("c2", 2, "1-302.1", berta), (take_answers, "book"))
meet("correction first", fixed("c3", 3, "1-302.1", anna), answer, (correcting, "record_audit"))
answer(CommandOutcome.REFUSED)
meet("again", lambda: reclaims.ask_again("cr-c3", actor=anna, now_ms=NOW_MS),
     lambda: desk.pay("p4", "1-301.1", 5_000, berta, now_ms=NOW_MS), (reclaims, "ask_credit_back"))
print(*(end.owed for end in reclaims.ReclaimEnd.objects.order_by("pk")))
"""
    )
    printed = said(ready, tmp_path, script)
    assert printed == "c1 Corrected\nc2 Corrected\nc3 Corrected\n50000000 50000000\n"


@pytest.mark.timeout(180)
def test_a_gateway_is_enrolled_while_its_building_is_corrected(ready, tmp_path):
    """The credit is withdrawn before the gateway has it, or asked back of it: never both, never neither."""
    script = (
        GATEWAYS
        + r"""
for number, room in ((1, "1-301.1"), (2, "2-101.1")):
    desk.pay(f"p{number}", room, 5_000, anna, now_ms=NOW_MS)
meet("correct", fixed("c1", 1, "1-302.1", anna), lambda: enrol("1"), (correcting, "record_audit"))
meet("enrol", lambda: enrol("2"), fixed("c2", 2, "2-102.1", anna), (link, "publish_if_changed"), after=True)
from central.link.models import Delivery
for grant in ("p-p1", "p-p2"):
    one = Delivery.objects.get(pk=grant)
    asked = TakeBackRequest.objects.filter(account=one.grant.account).count()
    print(one.refused or "-", one.gateway_id, asked)
"""
    )
    printed = said(ready, tmp_path, script)
    assert printed == "c1 Corrected\nc2 Corrected\nwithdrawn None 0\n- gw-2 1\n"
