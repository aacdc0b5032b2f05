"""Reads what really flowed, from the virtual meters' truth file (docs/virtual-meter.md)."""

from pathlib import Path

from firmware_tools.auditor.evidence import Install
from firmware_tools.auditor.read_only import rows

WH_PER_CENTI_KWH = 10

LAST_SAMPLES = """
SELECT samples.meter, samples.install, samples.register_start_centi_kwh, samples.register_centi_kwh, samples.energy_wh,
  samples.at_ms, meters.ct_ratio
FROM samples JOIN meters USING (meter, install)
WHERE sample IN (SELECT max(sample) FROM samples GROUP BY meter, install, register_start_centi_kwh)
ORDER BY sample
"""


def read_truth(path: Path) -> tuple[Install, ...]:
    """Give every installed piece of hardware as last sampled. Raises Unreadable."""
    return tuple(
        Install(
            meter=meter,
            install=install,
            register_start_wh=start * WH_PER_CENTI_KWH * ct_ratio,
            register_wh=register * WH_PER_CENTI_KWH * ct_ratio,
            true_wh=true_wh,
            sampled_ms=at_ms,
            step_wh=WH_PER_CENTI_KWH * ct_ratio,
        )
        for meter, install, start, register, true_wh, at_ms, ct_ratio in rows(path, LAST_SAMPLES)
    )
