"""What a birth or an answer may claim: counts that can be counted to, names that are names. Knows no database.

A gateway signs what it says, and may still be broken or in other hands: what no gateway can mean is refused before it is stored,
so that it never becomes an error of the database that all buildings wait for (C-11).
"""

from gateway.contract.envelope import BEYOND_ANY_COUNT
from gateway.contract.facts import Answer, Birth
from gateway.contract.identifiers import NotAnIdentifier, checked


def birth_can_be(birth: Birth) -> bool:
    """Say whether a birth's names and counts are such as a gateway can have."""
    texts = [birth.software, *(text for m in birth.meters for text in (m.meter, m.line, m.model, m.address))]
    return (
        all(_is_count(count) for count in (birth.last_seq, birth.last_command, birth.config_version))
        and all(_is_name(name) for name in (birth.boot, birth.epoch, *birth.central_keys))
        and not any("\x00" in text for text in texts)
    )


def answer_can_be(answer: Answer) -> bool:
    """Say whether an answer's numbers are commands' and its reason is a name."""
    return all(0 < number < BEYOND_ANY_COUNT for number in (answer.number, answer.expected)) and _is_name(
        answer.reason
    )


def _is_count(number: int) -> bool:
    return 0 <= number < BEYOND_ANY_COUNT


def _is_name(text: str) -> bool:
    try:
        checked(text)
    except NotAnIdentifier:
        return False
    return True
