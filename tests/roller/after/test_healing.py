"""Healing: the closed form of its pools, what every course must obey, age, what can't be told, and the ensemble."""

from itertools import pairwise

import numpy as np
import pytest
from dermaroll.data.catalog import site
from dermaroll.data.checks import InputError
from dermaroll.data.constants import healing, healing_members, thickness_left
from dermaroll.roller import Technique, healing_course, treat
from dermaroll.roller.after.healing import CHANGES, sessions_to_half
from dermaroll.roller.after.healing_laws import (
    PRODUCTION,
    YOUNG,
    age_factor,
    answer_of,
    collagen_courses,
    epidermis_courses,
    shipped_members,
)
from dermaroll.roller.after.pools import bateman_1910, decaying_sums
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.stats import t as student

DAYS = np.arange(0.0, 366.0, 15.0)
AMOUNTS = ("collagen", "collagen_reticular", "epidermis")  # all but elastin, whose sign is open
CLINIC = (0.038, 0.009)  # papillary and reticular share of a 1.5 mm roller, 16 passes on the cheek


def shares(papillary, reticular=0.0):
    return np.array([papillary, papillary, papillary, reticular, 0.0])


# The closed form


def test_a_chain_of_pools_is_the_matrix_exponential():
    rates = np.array([[0.12, 0.011, 0.0088, 0.0004], [0.2, 0.005, 0.009, 0.001]])
    times = np.array([0.0, 3.0, 40.0, 400.0])
    sums = decaying_sums(np.ones((1, 2)), np.zeros(1), rates, times)
    contents = np.einsum("mji,mit->jmt", bateman_1910(rates), sums)
    for member, row in enumerate(rates):
        flow = np.diag(-row) + np.diag(row[:-1], -1)
        for number, day in enumerate(times):
            assert contents[:, member, number] == pytest.approx(expm(flow * day)[:, 0], abs=1e-12)


def test_sessions_into_filling_pools_are_the_equations_solved_in_steps():
    members, days = shipped_members(), np.array([0.0, 20.0, 55.0])
    until = np.array([10.0, 30.0, 100.0, 300.0])
    got = collagen_courses(members, np.tile(shares(*CLINIC), (3, 1)), days, until)
    for m in (0, 57, 199):
        fast, slow, lost, old = members.rates()[m]
        answer = answer_of(np.array(CLINIC[0]), members.reach[m])
        peak = (slow / fast) ** (slow / (fast - slow))

        def flow(_, x, fast=fast, slow=slow, lost=lost, old=old, peak=peak, m=m):
            signal, made, young, mature, busy = x
            excess = members.full_response[m] * made / peak
            matured = members.matured_share[m] * lost * young
            return [
                -fast * signal,
                fast * signal - slow * made,
                lost * excess - lost * young,
                matured - old * mature,
                -slow * busy,
            ]

        state, found, stops = np.zeros(5), {}, [*days, 301.0]
        for start, stop in pairwise(stops):
            recruited = answer * (1 - state[4])
            state = state + recruited * np.array([1, 0, 0, 0, 1])
            wanted = until[(until >= start) & (until < stop)]
            run = solve_ivp(flow, (start, stop), state, t_eval=[*wanted, stop], rtol=1e-10, atol=1e-12)
            found |= dict(zip(wanted, run.y[:, :-1].T, strict=True))
            state = run.y[:, -1]
        for number, day in enumerate(until):
            assert got.young[0, m, number] == pytest.approx(found[day][2], rel=1e-6)
            assert got.mature[0, m, number] == pytest.approx(found[day][3], rel=1e-6)
            assert got.production[0, m, number] == pytest.approx(members.full_response[m] * found[day][1] / peak)


# What every course obeys


@pytest.mark.parametrize(("share", "sessions"), [(shares(0), (0, 30)), (shares(0.03), ())])
def test_untouched_skin_does_not_change(share, sessions):
    course = healing_course(share, sessions, DAYS)
    for name in CHANGES:
        assert (getattr(course, name) == 1).all()
        assert (course.band[name] == 1).all()
        assert course.peak[name] == 1
        assert course.peak_day[name] is None
        assert not course.resolved(name).any()
        assert course.words(name, 180) == "none"
    assert (course.signal == 0).all()
    assert (course.secretion == 1).all()
    assert course.sessions_to_half is None


def test_before_the_first_session_nothing_happens():
    course = healing_course(shares(0.03), (60.0,), DAYS)
    before = DAYS < 60
    assert (course.collagen[before] == 1).all()
    assert (course.collagen[~before][1:] > 1).all()


@pytest.mark.parametrize("share", [0.001, 0.01, 0.05, 0.2, 1.0])
def test_after_one_session_collagen_rises_for_six_weeks_at_least(share):
    course = healing_course(shares(share, share), (0,), np.arange(0.0, 43.0))
    for name in ("collagen", "collagen_reticular"):
        assert (np.diff(getattr(course, name)) > 0).all()


@pytest.mark.parametrize("gap", [14.0, 28.0, 42.0])
@pytest.mark.parametrize("share", [0.001, 0.038, 0.3])
def test_half_of_the_peak_is_left_six_months_after_the_last_session(share, gap):
    for count in range(1, 13):
        days = gap * np.arange(count)
        course = healing_course(shares(share, share / 4), days, np.arange(0.0, days[-1] + 183.0))
        for name in AMOUNTS:
            assert course.at(name, days[-1] + 182) - 1 >= (course.peak[name] - 1) / 2, (name, count)


@settings(max_examples=15, deadline=None)
@given(less=st.floats(0, 1), more=st.floats(0, 1), gap=st.sampled_from([2.0, 7.0, 30.0]), count=st.integers(1, 6))
def test_a_greater_wound_is_never_a_smaller_response(less, more, gap, count):
    low, high = sorted((less, more))
    days = gap * np.arange(count)
    times = np.arange(0, days[-1] + 120, 10)
    small, large = (healing_course(shares(share, share / 3), days, times) for share in (low, high))
    for name in AMOUNTS:
        assert (getattr(large, name) >= getattr(small, name) - 1e-12).all()
        assert (large.band[name] >= small.band[name] - 1e-12).all()


def test_more_passes_and_longer_channels_are_never_a_smaller_response():
    for change in ({"passes": 2}, {"passes": 8}), ({"load_n": 1.0}, {"load_n": 4.0}):
        small, large = (
            healing_course(treat("mf-8", "cheek", Technique(**({"passes": 4} | how))).volume_fraction) for how in change
        )
        for name in AMOUNTS:
            assert (getattr(large, name) >= getattr(small, name)).all()


@pytest.mark.parametrize("share", [1e-4, 0.003, 0.03, 0.1, 0.3])
@pytest.mark.parametrize("gap", [7.0, 14.0, 30.0])
@pytest.mark.parametrize("after", [14.0, 56.0, 180.0])
def test_more_sessions_are_never_less_collagen_after_the_last(share, gap, after):
    got = []
    for count in range(1, 7):
        days = gap * np.arange(count)
        got.append(healing_course(shares(share), days, [0.0, days[-1] + after]).collagen[-1])
    assert (np.diff(got) >= -1e-12).all()


def test_however_many_sessions_the_response_is_bounded():
    # Tissue that answers already is not recruited again: no more than a layer wounded all through, all the time.
    members = shipped_members()
    daily = np.arange(0.0, 3000.0, 1.0)
    got = collagen_courses(members, np.tile(shares(1.0), (daily.size, 1)), daily, np.array([3000.0]))
    fast, slow = members.rates()[:, 0], members.rates()[:, PRODUCTION]
    most = members.full_response / (slow / fast) ** (slow / (fast - slow)) * fast / (fast - slow)
    assert (got.young[0, :, 0] <= most).all()
    thick = epidermis_courses(members, np.tile(shares(1.0), (daily.size, 1)), daily, np.array([3000.0]))
    assert (thick[:, 0] <= members.epidermis_plateau).all()


def test_days_asked_for_do_not_change_the_course():
    few = healing_course(shares(0.03), (0, 30), [0.0, 90.0, 180.0])
    many = healing_course(shares(0.03), (0, 30), np.arange(0, 181.0))
    assert few.collagen[-1] == pytest.approx(many.collagen[-1], rel=1e-12)
    assert few.epidermis[-1] == pytest.approx(many.epidermis[-1], rel=1e-12)


def test_the_course_is_inside_its_band_and_labelled():
    course = healing_course(shares(*CLINIC), (0, 30, 60), DAYS)
    for name in CHANGES:
        low, high = course.band[name]
        assert (low <= getattr(course, name)).all()
        assert (getattr(course, name) <= high).all()
        assert course.peak[name] == getattr(course, name).max()
        assert course.at(name, course.peak_day[name]) == course.peak[name]
    assert course.status == "unverified"


def test_what_is_left_for_years_is_not_known():
    # A tenth of a percent or the whole gain: the share that matures is not pinned by any row.
    days = 28.0 * np.arange(5)
    course = healing_course(shares(*CLINIC), days, np.array([days[-1] + 365]))
    low, high = 100 * (course.band["collagen"][:, 0] - 1)
    assert low < 25
    assert high > 60


# Age


def test_old_skin_never_answers_more_to_the_same_channels():
    courses = [healing_course(shares(*CLINIC), (0, 28, 56), DAYS, age_years=age) for age in (18, 25, 45, 60, 80, 95)]
    for name in AMOUNTS:
        values = np.array([getattr(course, name) for course in courses])
        assert (np.diff(values, axis=0) <= 1e-12).all()


def test_the_band_of_age_spans_what_contradicts():
    # Procollagen in vitro 0.68 (Varani 2006), wounds of the old with as much collagen (Holt 1992)
    old = age_factor(shipped_members(), 80.0) / age_factor(shipped_members(), 23.5)
    assert old.min() == pytest.approx(0.68, abs=0.01)
    assert old.max() == pytest.approx(1.0, abs=0.01)
    assert age_factor(shipped_members(), None) == pytest.approx(age_factor(shipped_members(), 45.0))


def test_a_roller_does_no_more_for_the_papillary_dermis_of_the_old():
    gains = []
    for age in (25, 45, 70):
        wounds = treat("mf-8", site("cheek", age_years=age), Technique(passes=8)).volume_fraction
        gains.append(healing_course(wounds, (0,), [90.0], age_years=age).collagen[-1])
    assert gains[0] >= gains[1] >= gains[2] > 1


def test_layers_thin_as_the_table_of_ageing_says():
    # dermis: 0.6 % of its thickness at 20 a year, measured groups taken as 45
    assert thickness_left(70.0)[2] == pytest.approx((1 - 0.006 * 50) / (1 - 0.006 * 25))
    assert thickness_left(45.0) == (1, 1, 1, 1, 1)


# What can't be told


def test_elastins_sign_is_open():
    course = healing_course(shares(*CLINIC), (0, 28, 56), DAYS)
    low, high = course.band["elastin"]
    assert (low[1:] < 1).all()
    assert (high[1:] > 1).all()
    assert not course.resolved("elastin").any()
    assert course.words("elastin", 180) == "not resolved"


def test_the_floor_is_what_thirty_pairs_can_tell():
    def least(spread):
        return student.ppf(0.975, 29) * spread / np.sqrt(30)

    assert healing()["collagen_floor"].value == pytest.approx(least(0.003 / 0.037), rel=0.01)
    assert healing()["epidermis_floor"].value == pytest.approx(least(13.6 / 70.3), rel=0.01)


def test_a_home_roller_gives_no_figure_below_the_floor():
    course = healing_course(treat("generic-0.25mm", "cheek", Technique(passes=16)).volume_fraction)
    for name in CHANGES:
        assert not course.resolved(name).any()
        assert course.words(name, 180).startswith(("below", "none"))


def test_a_clinics_roller_gives_figures_and_peaks_late():
    course = healing_course(shares(*CLINIC), (0,), np.arange(0.0, 366.0))
    assert course.resolved("collagen")[60:].all()
    assert course.words("collagen", 90).startswith("+")
    assert 42 < course.peak_day["collagen"] < 300


# Sessions until half of the plateau


def test_the_plateau_is_where_endless_sessions_end():
    members, share, gap = shipped_members(), shares(*CLINIC), 28.0
    days = gap * np.arange(300)
    wounds = np.tile(share, (days.size, 1))
    grid = np.arange(0.0, 241.0, 10.0)
    held = collagen_courses(members, wounds, days, days[-1] + grid).young[0].max(axis=-1)
    counts = []
    for count in range(1, 12):
        some = collagen_courses(members, wounds[:count], days[:count], days[count - 1] + grid).young[0].max(axis=-1)
        counts.append(some >= held / 2)
    first = np.array(counts).argmax(axis=0) + 1
    low, high = np.quantile(first, (0.05, 0.95), method="inverted_cdf")
    assert sessions_to_half(members, share, gap) == (int(np.median(first)), low, high)


def test_deeper_sessions_and_longer_intervals_need_no_more_of_them():
    counts = [sessions_to_half(shipped_members(), shares(share), 28.0)[0] for share in (0.001, 0.01, 0.05, 0.2)]
    assert (np.diff(counts) <= 0).all()
    counts = [sessions_to_half(shipped_members(), shares(0.03), gap)[0] for gap in (7.0, 14.0, 28.0, 56.0)]
    assert (np.diff(counts) <= 0).all()


# The ensemble


def test_members_lie_in_the_ranges_declared_and_are_enough():
    rows = healing_members()
    assert len(rows) >= 64
    assert len({row.seed for row in rows}) == 1
    for name, constant in healing().items():
        if constant.drawn != "fixed" and hasattr(rows[0], name):
            values = np.array([getattr(row, name) for row in rows])
            assert (values >= constant.low * 0.9999).all(), name
            assert (values <= constant.high * 1.0001).all(), name
    for law in ("fades", "lasts"):
        days = [row.epidermis_days for row in rows if row.epidermis_law == law]
        constant = healing()[f"epidermis_{law}_days"]
        assert days
        assert constant.low * 0.9999 <= min(days) <= max(days) <= constant.high * 1.0001


def test_the_turnover_of_the_young_pool_is_the_measured_one():
    # 0.037 % an hour: 78 days
    assert np.log(2) / 0.00037 / 24 == pytest.approx(healing()["young_half_life_days"].value, abs=0.5)
    rates = shipped_members().rates()
    assert (rates[:, YOUNG] > rates[:, YOUNG + 1]).all()


@pytest.mark.parametrize(
    ("share", "sessions", "days", "age", "named"),
    [
        (shares(0.1), (30, 0), None, None, "session_days"),
        (shares(0.1), (0, 0), None, None, "session_days"),
        (shares(0.1), (-1,), None, None, "session_days"),
        (shares(-0.1), (0,), None, None, "layer_volume_fraction"),
        (shares(1.1), (0,), None, None, "layer_volume_fraction"),
        ([0.1, 0.1], (0,), None, None, "layer_volume_fraction"),
        (shares(0.1), (0,), [10, 5], None, "days"),
        (shares(0.1), (0,), [float("nan")], None, "days"),
        (shares(0.1), (0,), None, -1, "age_years"),
        (shares(0.1), (0,), None, float("nan"), "age_years"),
    ],
)
def test_bad_input_is_one_line(share, sessions, days, age, named):
    with pytest.raises(InputError, match=named) as error:
        healing_course(share, sessions, days, age_years=age)
    assert "\n" not in str(error.value)
