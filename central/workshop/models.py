"""The tables of this app, each beside what writes it. Named here because Django looks for tables in this module."""

from central.workshop.bench import models as bench_models
from central.workshop.claims import models as claim_models
from central.workshop.devices import models as device_models
from central.workshop.faults import models as fault_models
from central.workshop.goods import models as goods_models
from central.workshop.replacements import models as replacement_models
from central.workshop.stock import models as stock_models
from central.workshop.work_orders import models as work_order_models

TABLES_ELSEWHERE = (
    *(bench_models, device_models, claim_models, goods_models, stock_models),
    *(fault_models, work_order_models, replacement_models),
)
