"""What is missing of an order and what is too much of it agree; no check ends against what was found (R-4.3.1)."""

from hypothesis import given
from hypothesis import strategies as st

from central.domain.goods_in import SEEN, CheckFault, Deviation, Finding, check_fault, deviation, missing

counts = st.dictionaries(st.sampled_from("abcd"), st.integers(1, 6))


@given(ordered=counts, came=counts)
def test_what_is_missing_and_what_is_too_much_agree(ordered, came):
    lacks = missing(ordered, came)
    for type_ in ordered.keys() | came.keys():
        told = deviation(ordered, came, type_)
        assert (told is None) == (type_ in lacks)
        assert (told is Deviation.NOT_ORDERED) == (type_ not in ordered)
        assert lacks.get(type_, 0) == max(ordered.get(type_, 0) - came.get(type_, 0), 0)


@given(found=st.sets(st.sampled_from(Finding)), photos=st.booleans(), words=st.booleans(), good=st.booleans())
def test_no_check_ends_against_what_was_found(found, photos, words, good):
    with_photo, with_words = (found if photos else set()), (found if words else set())
    fault = check_fault(found, with_photo, with_words, is_good=good, is_identified=True)
    assert (
        check_fault(found, with_photo, with_words, is_good=good, is_identified=False)
        is CheckFault.NOT_IDENTIFIED
    )
    if fault is None:
        assert good == (found <= {Finding.PACKAGING}) or (not good and found)
        assert photos or not found.intersection(SEEN)
    elif fault is CheckFault.MUST_FAIL:
        assert good
        assert found - {Finding.PACKAGING}
    elif fault is CheckFault.NO_FINDING:
        assert not good
        assert not found
