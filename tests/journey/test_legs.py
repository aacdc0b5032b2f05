"""The journey's arithmetic on figures that can be checked by hand."""

from fractions import Fraction

from tests.journey.legs import UWS_PER_WH, Moment, _cutting, by_meter, first_after, spread


def test_a_cut_is_held_against_the_instant_at_which_the_true_energy_used_up_the_credit():
    # 100.00 kWh at the start, 1 kWh and half a Wh used when the contact opened, credit for 995 Wh, 3.6 kW: 1 Wh takes a second.
    move = Moment(1_000_000, (1_000, UWS_PER_WH // 2, 10_000))
    cut = _cutting("M1", move, Moment(1_000_400, ()), Fraction(100_995), 3_600_000)
    assert cut.overrun_wh == 5.5
    assert cut.moved_ms == 5_500
    assert cut.read_back_ms == 5_900


def test_a_cut_before_the_credit_was_gone_is_negative():
    move = Moment(1_000_000, (990, 0, 10_000))
    assert _cutting("M1", move, Moment(1_000_400, ()), Fraction(100_995), 3_600_000).overrun_wh == -5


def test_each_figure_shown_was_really_measured():
    figures = spread([float(number) for number in range(100, 0, -1)])
    assert (figures.count, figures.median, figures.p99, figures.worst) == (100, 51.0, 100.0, 100.0)


def test_the_next_moment_of_the_same_meter_is_found():
    moments = by_meter([("M1", 30, "c"), ("M2", 15, "b"), ("M1", 10, "a")])
    assert first_after(moments["M1"], 11) == Moment(30, ("c",))
    assert first_after(moments["M1"], 31) is None
