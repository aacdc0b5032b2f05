"""The enrolment code: what a slip of the hand does to it, and what each side proves by it."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract import enrolment
from gateway.contract.checked_groups import ALPHABET

VALUES = st.lists(st.integers(0, 31), min_size=15, max_size=15)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_each_wrong_letter_and_each_two_swapped_ones_show(values: list[int]) -> None:
    code = enrolment.write_enrolment_code(values)
    assert enrolment.read_enrolment_code(code) == code
    slips = [
        code[:at] + other + code[at + 1 :] for at in range(16) for other in ALPHABET if other != code[at]
    ]
    slips += [
        code[:at] + code[at + 1] + code[at] + code[at + 2 :] for at in range(15) if code[at] != code[at + 1]
    ]
    slips += [code[:at] + code[at + 1 :] for at in range(16)]
    assert [slip for slip in slips if enrolment.read_enrolment_code(slip) is not None] == []


@settings(max_examples=60, deadline=None)
@given(VALUES, st.sampled_from([" ", "-", " - ", "\t", "."]))
def test_a_code_is_read_as_people_write_it(values: list[int], between: str) -> None:
    code = enrolment.write_enrolment_code(values)
    typed = (
        between.join(code[at : at + 4] for at in range(0, 16, 4)).lower().replace("0", "o").replace("1", "l")
    )
    assert enrolment.read_enrolment_code(typed) == code
    assert enrolment.read_enrolment_code(enrolment.grouped(code)) == code


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_anything_may_be_typed(text: str) -> None:
    found = enrolment.read_enrolment_code(text)
    assert found is None or len(found) == enrolment.LETTERS


def test_another_code_another_name_another_body_and_another_nonce_are_another_proof() -> None:
    code = enrolment.write_enrolment_code(list(range(15)))
    other = enrolment.write_enrolment_code([*range(14), 15])
    key = enrolment.enrolment_key(code)
    assert key == enrolment.enrolment_key(code)
    assert key != enrolment.enrolment_key(other)
    assert enrolment.name_of(code) == enrolment.name_of(other)
    mac = enrolment.request_mac(key, "body")
    assert enrolment.is_proved(mac, mac)
    assert not enrolment.is_proved(mac.upper(), mac), "a proof is written in one way"
    assert not enrolment.is_proved("", mac)
    assert not enrolment.is_proved("é" * 64, mac)
    macs = {
        mac,
        enrolment.request_mac(key, "body "),
        enrolment.answer_mac(key, "00", "body"),
        enrolment.answer_mac(key, "01", "body"),
        enrolment.request_mac(enrolment.enrolment_key(other), "body"),
    }
    assert len(macs) == 5


def test_the_worked_example() -> None:
    """docs/messages.md gives it, so that a second implementation can be held against it; and it names every refusal."""
    page = (Path(__file__).parents[2] / "docs" / "messages.md").read_text(encoding="utf-8")
    code = enrolment.read_enrolment_code("6HKV-PKW7-Y053-0C87")
    assert code is not None
    assert "`6HKV-PKW7-Y053-0C87`" in page
    assert f"```\n{enrolment.enrolment_key(code).hex()}\n```" in page
    assert [one.value for one in enrolment.EnrolRefusal if f"| `{one.value}` |" not in page] == []
    structs = (enrolment.EnrolRequest, enrolment.EnrolAnswer, enrolment.RenewRequest, enrolment.RenewAnswer)
    told = page.split("## Enrolment and renewal", 1)[1]
    names = [name for struct in structs for name in struct.__struct_fields__]
    assert [name for name in names if f"`{name}`" not in told and f'"{name}"' not in told] == []
