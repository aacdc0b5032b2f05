"""What stands beside an alarm: found again by its sentence, told in the reader's words, and never lost."""

import re
from pathlib import Path

import pytest

import gateway
from gateway import words
from gateway.adapters.serial_bus.port import PortFault, PortTrouble
from gateway.technician.rule_words import SENTENCES, detail_text


@pytest.mark.parametrize(
    ("detail", "chinese"),
    [
        (
            "the relay should be open: no-effect, after 1 tries",
            "继电器应断开：已发命令，但没有变化（已试 1 次）",
        ),
        ("credit-spent", "余额用完"),
        ("phase A, C: no voltage at the meter", "A, C 相：电表无电压"),
        (
            "2026-11-23 16:00 UTC to 2026-11-24 16:00 UTC: 2.40 kWh of 24.00 kWh are missing, uncertainty 0.33 kWh",
            "2026-11-23 16:00 UTC 至 2026-11-24 16:00 UTC：总表 24.00 kWh 中缺失 2.40 kWh，不确定度 0.33 kWh",
        ),
        (
            "no model 'old'; mend its row: cardroom-gateway meters",
            "没有型号 'old'；请改正该行：cardroom-gateway meters",
        ),
        (
            PortTrouble(PortFault.MISSING, "/dev/ttyUSB7", "No such file or directory").on_record,
            "找不到端口 /dev/ttyUSB7：没有这个文件或目录。请确认转换器已插好（`ls -l /dev/serial/by-id/`），并核对登记的路径。",
        ),
        (
            "its clock is -400 s off: set it by hand, the broadcast only mends 300 s",
            "其时钟偏差 -400 秒：请人工校时，广播校时只能修正 300 秒以内",
        ),
        ("drawn already within 30 days", "30 天内已启用过"),
        ("no exists-with-different command 7 stands", "没有未解除的 编号相同、内容不同 command 7"),
        (
            "no meter: supplied, billed nothing, never cut for credit; li: it burnt (w-7)",
            "无表：照常供电，不计费，不因欠费断电；li: it burnt (w-7)",
        ),
        ("li: he said so", "li: he said so"),
    ],
)
def test_what_stands_beside_an_alarm_is_told_in_the_readers_words(
    detail: str, chinese: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_asked", ["en"])
    before, _, after = detail.partition("no-effect")
    english = f"{before}commanded, but nothing changed{after}" if after else detail
    assert detail_text(detail) == ("credit spent" if detail == "credit-spent" else english)
    words.use("zh")
    assert detail_text(detail) == chinese


def test_each_sentence_beside_an_alarm_is_still_written_by_a_rule() -> None:
    """Whoever words one anew in the rules must do it here and at central too."""
    rooms = ("application", "domain", "loops", "app")
    files = (path for room in rooms for path in (Path(gateway.__file__).parent / room).rglob("*.py"))
    written = re.sub(r'"\s*f?"', "", "".join(path.read_text(encoding="utf-8") for path in files))
    pieces = [piece for sentence in SENTENCES for piece in re.split(r"\{\w+\}", sentence)]
    assert not [piece for piece in pieces if piece not in written]
