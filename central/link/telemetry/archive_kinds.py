"""What is archived: the kinds of rows, the setting that says how long each is kept, and the words that go into each file.

Not archived are the days of balances, and what ingest needs. What stands behind
money lies in the other database and is never thinned (C-12): entries and registers of periods with their raw frames.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from central.ledger.monthly_tables import MonthlyModel, month_span_ms
from central.link.telemetry.archive_file import Row
from central.link.telemetry.models import (
    DecisionEvent,
    HourlyUse,
    InstantTotal,
    LossBalance,
    Reading,
    RelayEvent,
)

PAGE = 5_000
"""Rows read at once."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its rows, and the dated setting of the months that they are kept."""

    name: str
    model: type[MonthlyModel]
    setting: str

    @property
    def columns(self) -> list[str]:
        """The table's columns, the row's number first."""
        return [field.attname for field in self.model._meta.concrete_fields]

    def in_month(self, month: int) -> models.QuerySet[Any]:
        """Give a month's rows."""
        from_ms, until_ms = month_span_ms(month)
        by = self.model.month_by
        return self.model._default_manager.filter(**{f"{by}__gte": from_ms, f"{by}__lt": until_ms})

    def rows(self, month: int) -> Iterator[Row]:
        """Give a month's rows by number, a page at a time: no long transaction, and no month in memory."""
        last = None
        while True:
            found = self.in_month(month) if last is None else self.in_month(month).filter(pk__gt=last)
            page = list(found.order_by("pk").values_list(*self.columns)[:PAGE])
            yield from page
            if len(page) < PAGE:
                return
            last = page[-1][0]

    def row_of(self, cells: Mapping[str, str]) -> Any:
        """Give the row that a file's line stands for."""
        fields = self.model._meta.concrete_fields
        return self.model(**{field.attname: _value(field, cells[field.attname]) for field in fields})


def _value(field: Any, text: str) -> object:
    if isinstance(field, models.CharField):
        return text
    if text == "":
        return None
    if isinstance(field, models.BooleanField):
        return text == "true"
    return json.loads(text) if isinstance(field, models.JSONField) else int(text)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("reading", Reading, "telemetry.readings-months"),
        Kind("hourly-use", HourlyUse, "telemetry.hours-months"),
        Kind("relay-event", RelayEvent, "telemetry.events-months"),
        Kind("decision-event", DecisionEvent, "telemetry.events-months"),
        Kind("loss-balance", LossBalance, "telemetry.balances-months"),
        Kind("instant-total", InstantTotal, "telemetry.balances-months"),
    )
}

README_TEXT = """\
Telemetry of one calendar month of a campus: what the gateways of its buildings read, decided and switched.
校园一个自然月的遥测数据：各楼网关的读数、决定和继电器动作。

Each .csv file is one kind of rows. UTF-8, comma separated, quoted as RFC 4180 says; the first line names the columns.
每个 .csv 文件是一类数据：UTF-8 编码，逗号分隔，引号按 RFC 4180；首行是列名。
manifest.json names the month, and for each kind its columns, its number of rows and the SHA-256 of its .csv file.
The SHA-256 of the whole .zip is in the card room's audit log, action archive-telemetry, and in the .sha256 file beside it.
The month is that of the campus (UTC+8). A month may have several files (-1, -2, ...): rows that came late are in a later one.

An empty cell: not known or not measured. true and false: yes and no. Lists are JSON.
*_ms    an instant in milliseconds since 1970-01-01T00:00:00 UTC     时刻，自 1970-01-01 UTC 起的毫秒数
*_wh    energy in watt-hours                                         电量，瓦时
*_w, *_ma, z_milli   watts, milliamperes, thousandths                瓦、毫安、千分之一
id      the row's number in the table it came from                   原表行号

reading.csv         One reading of a meter, as the gateway took it. 电表读数。
  meter, wall_ms, register_wh (what the meter's register showed), power_w, current_ma, relay_closed,
  outcome (advanced, unchanged, rollover: accepted; first, replaced: a new beginning; others: not accepted),
  trusted (the gateway's clock was set)
hourly-use.csv      A meter's use by the hour that it was read in. 每小时用电量。
  meter, hour_ms (the hour's beginning), energy_wh. An hour may have rows in several files of its month: their sum counts.
relay-event.csv     One word from a meter's relay. 继电器报告。
  meter, at_ms, desired_closed, commanded_closed, observed_closed, verdict, why, current_ma, status_word (DL/T 645 status word 3)
decision-event.csv  One decision about an account's supply. 供电决定。
  account, at_ms, decision, reason, balance (micro-yuan, or watt-hours of an account that is kept in kWh)
loss-balance.csv    One balance of a master meter and the meters behind it. 总表与分表的平衡。
  gateway, group, from_ms, to_ms, verdict, rule, master_wh, subs_wh, own_use_wh, technical_wh, unexplained_wh, uncertainty_wh,
  z_milli, frozen (meters frozen at the instant), meters, missing (meters not heard)
instant-total.csv   A meter's running total at the instant of a balance. 平衡时刻的电表累计值。
  gateway, epoch (of the gateway's store; totals of two epochs are not compared), meter, at_ms, trusted, total_wh,
  offset_wh (total less register), step_wh (what the register counts in), skew_wh (uncertainty), frozen
"""
