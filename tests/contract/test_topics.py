"""Names and topics: what is made of an identifier can't reach into another building's topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.contract.identifiers import NotAnIdentifier, checked, entry_id
from gateway.contract.topics import UP, all_gateways, gateway_of, topic


@pytest.mark.parametrize("text", ["b1", "B-1.a_b:c", "0", "x" * 64])
def test_names_that_travel(text: str) -> None:
    assert checked(text) == text
    assert gateway_of(topic(text, UP)) == text


@pytest.mark.parametrize(
    "text", ["", "-b", ".b", "b/1", "b 1", "+", "#", "b+", "宿舍", "b\n", "b\x00", "x" * 65]
)
def test_names_that_do_not(text: str) -> None:
    with pytest.raises(NotAnIdentifier):
        topic(text, UP)


@given(st.text())
def test_no_name_reaches_another_topic(text: str) -> None:
    try:
        name = topic(text, UP)
    except NotAnIdentifier:
        return
    assert name.count("/") == 3
    assert not set(name) & set("+#\x00 ")


@pytest.mark.parametrize(
    "name", ["", "cardroom/1/b1", "cardroom/2/b1/up", "other/1/b1/up", "cardroom/1/b1/up/more", "$SYS/a/b/c"]
)
def test_topics_of_others(name: str) -> None:
    assert gateway_of(name) is None


def test_the_subscription_for_all() -> None:
    assert all_gateways(UP) == "cardroom/1/+/up"


def test_an_entrys_name_is_made_without_asking_anyone() -> None:
    assert entry_id("b1", "e1", 7) == "b1.e1.7"
