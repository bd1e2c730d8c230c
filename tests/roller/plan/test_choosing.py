"""Plans: the same choice as brute force, promises that a treatment with other people keeps, and goals refused."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from dermaroll.data.catalog import device, site
from dermaroll.data.checks import InputError
from dermaroll.data.constants import handling
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Goal, Technique, plan_treatment, treat
from dermaroll.roller.coverage.motions import PACES_TRIED
from dermaroll.roller.insertion.ensemble import members, one_each
from dermaroll.roller.insertion.support import bearable_load_n
from dermaroll.roller.plan.choosing import (
    LENGTH_STEP_MM,
    search,
    shortest,
    with_length,
)
from dermaroll.roller.plan.costs import Costs
from dermaroll.roller.plan.goals import aims_of
from dermaroll.roller.plan.trying import Setting, measured, served
from dermaroll.roller.treatment.replicate import draw_replicates

PAPILLARY = {"least_channels_per_cm2": {"papillary_dermis": 100.0}}
BOTH = PAPILLARY | {"most_share_of_channels": {"hypodermis": 0.05}}
SMALL = {"region": rectangle(8, 8), "replicates": 12, "most_passes": 8, "seed": 4}


def setting_of(goal, people=12, passes=8, seed=4, side=8, loads=(0.1, 6.0)):
    skin = site("cheek")
    aims, drawn = aims_of(goal), draw_replicates(skin, people, seed)
    models = one_each(people, np.random.default_rng(seed))
    return Setting(skin, Technique(passes=passes), rectangle(side, side), drawn, models, aims, goal.certainty, loads)


def shares_on(setting, roller, loads):
    """Brute force: the share of people served at every load and number of passes."""
    everyone = np.arange(len(setting.people))
    tables = [measured(setting, roller, setting.technique.passes, load, everyone) for load in loads]
    return np.array([np.logical_and(*served(setting, table)).mean(axis=0) for table in tables])


@pytest.mark.parametrize(
    ("name", "goal"),
    [
        ("generic-0.3mm", Goal(**PAPILLARY, certainty=0.5)),
        ("mf-8", Goal(**PAPILLARY)),
        ("mf-8", Goal(**BOTH, certainty=0.8)),
    ],
)
@pytest.mark.long
def test_same_passes_and_loads_as_brute_force(name, goal):
    setting, roller = setting_of(goal, people=20, side=10), device(name)
    loads = np.geomspace(*setting.loads_n, 12)
    share = shares_on(setting, roller, loads)
    # Contacts move as the drum sinks: the count of channels is monotone up to a few, and one person may change sides.
    one = 1 / 20 + 1e-9

    def fewest(certainty):
        able = np.flatnonzero((share >= certainty).any(axis=0))
        return able[0] + 1 if able.size else 9

    given = SMALL | {"region": rectangle(10, 10), "replicates": 20}
    answer = plan_treatment(goal, "cheek", [roller], **given)
    passes = answer.choices[0].passes if answer.choices else 9
    assert fewest(goal.certainty - one) <= passes <= fewest(goal.certainty + one)
    if not answer.choices:
        return
    low, high = answer.choices[0].load_n
    ends = shares_on(setting, roller, [low, high])[:, passes - 1]
    assert (ends >= goal.certainty - 1e-9).all()
    served_there = share[:, passes - 1]
    assert (served_there[(loads >= low) & (loads <= high)] >= goal.certainty - one).all()
    assert (served_there[(loads < low / 1.05) | (loads > high * 1.05)] < goal.certainty + one).all()
    assert answer.trials < 60 * 20  # a grid as fine as the answer has 84 loads


@pytest.mark.long
def test_what_a_plan_promises_a_treatment_of_other_people_keeps():
    goal = Goal(least_channels_per_cm2={"papillary_dermis": 100}, most_share_of_channels={"hypodermis": 0.05})
    answer = plan_treatment(goal, "cheek", ["dermaroller-370"], region=rectangle(10, 10), replicates=60, seed=1)
    (choice,) = answer.choices
    for load in (choice.load_n[0], choice.middle_n):
        technique = Technique(passes=choice.passes, load_n=load)
        figures = ["density_per_cm2", "layer_density_per_cm2"]
        kept = treat(
            choice.roller, "cheek", technique, region=rectangle(10, 10), replicates=100, seed=77, figures=figures
        ).values
        reach = kept["layer_density_per_cm2"][:, :, -1]
        met = (reach[:, 2] >= 100) & (reach[:, 4] <= 0.05 * kept["density_per_cm2"][:, -1])
        # Both shares are of samples: 60 people searched, 100 treated.
        noise = np.sqrt(0.9 * 0.1 * (1 / 60 + 1 / 100))
        assert met.mean() >= 0.9 - 3 * noise
    assert abs(choice.certainty_of_others - choice.certainty) < 4 * np.sqrt(0.9 * 0.1 * 2 / 60)


def test_the_front_holds_what_nothing_beats_and_says_why_the_others_do_not():
    answer = plan_treatment(Goal(**PAPILLARY), "cheek", ["c-8", "mf-8", "cit-8", "generic-0.5mm"], **SMALL)
    # Two rollers alike but for their names are both on the front: neither beats the other.
    assert [choice.roller.name for choice in answer.choices] == ["cit-8", "generic-0.5mm"]
    one, other = (choice.figures() | {"device": "", "use": ""} for choice in answer.choices)
    assert one == other
    why = {out.roller.name: out.why for out in answer.rejected}
    assert "does with 0.5 mm" in why["mf-8"]
    assert "% of people and models at" in why["c-8"]  # in some members 0.13 mm open the skin
    assert "at least 100 per cm2 wanted" in why["c-8"]
    content = json.loads(answer.to_json())
    assert list(content)[:2] == ["schema", "goal"]
    assert {len(content["choices"]), len(content["rejected"])} == {2}
    assert all(entry["why"] for entry in content["rejected"])
    assert content["choices"][0]["load_low_n"] < content["choices"][0]["load_high_n"]
    assert len(answer.to_frame()) == 4
    assert (
        answer.to_json()
        == plan_treatment(Goal(**PAPILLARY), "cheek", ["c-8", "mf-8", "cit-8", "generic-0.5mm"], **SMALL).to_json()
    )


def test_free_geometry_finds_the_shortest_step_that_brute_force_finds():
    setting = setting_of(Goal(**PAPILLARY), people=10, side=6, loads=(0.5, 6.0))
    base = device("generic-1mm")
    found = {round(one.roller.length_mm / LENGTH_STEP_MM): one.passes for one in shortest(setting, base)}
    able = [step for step, passes in sorted(found.items()) if passes]
    each = {step: search(setting, with_length(base, step * LENGTH_STEP_MM)).passes for step in range(4, able[0] + 4)}
    assert min(step for step, passes in each.items() if passes) == able[0]
    assert found[able[0]] == each[able[0]]
    assert min(filter(None, found.values())) <= min(filter(None, each.values()))


def test_nothing_reaches_it_and_the_answer_says_what_stands_in_the_way():
    goal = Goal(least_channels_per_cm2={"reticular_dermis": 200}, most_bleeding="none")
    answer = plan_treatment(goal, "cheek", ["mf-8"], **SMALL)
    assert not answer.choices
    (out,) = answer.rejected
    assert "bleeding " in out.why or "channels into reticular dermis" in out.why
    assert out.to_dict()["nearest"]["certainty"] == 0


def rolled(goal, load=3.0, passes=6):
    """One person's treatment and the aims' quantities."""
    setting, roller = setting_of(goal, passes=passes, side=10), device("mf-8")
    shipped = replace(setting, models=[None] * len(setting.people))
    values = measured(shipped, roller, passes, load, np.array([0]))[:, 0]
    full = treat(
        roller,
        "cheek",
        Technique(passes=passes, load_n=load),
        region=setting.region,
        depths_um=[0.0, 500.0],
        replicates=12,
        seed=4,
        aftermath=True,
    )
    return values, full


def test_aims_measure_what_a_treatment_says():
    goal = Goal(
        least_channels_per_cm2={"reticular_dermis": 1},
        least_coverage={0.0: 0.01, 500.0: 0.01},
        most_share_of_channels={"hypodermis": 1},
        most_bleeding="moderate",
    )
    values, full = rolled(goal)
    first = {name: array[0] for name, array in full.values.items()}
    np.testing.assert_allclose(values[0], first["layer_density_per_cm2"][3])
    np.testing.assert_allclose(values[1:3], first["coverage"].T, rtol=1e-9)
    np.testing.assert_allclose(values[3], first["layer_density_per_cm2"][4] / first["density_per_cm2"])
    assert values[4, -1] == full.values["bleeding"][0]


def test_a_gap_is_small_enough_exactly_where_the_largest_gap_says():
    _, full = rolled(Goal(**PAPILLARY))
    made = SimpleNamespace(roller=full.device, region=full.region, technique=full.technique, channels=full.channels)
    for last, gap in enumerate(full.values["largest_gap_mm"][0]):
        for limit, wanted in ((gap - 0.002, False), (gap + 0.002, True)):
            (aim,) = aims_of(Goal(most_gap_mm=limit))
            assert bool(aim.met(aim.measure(made)[last])) is wanted


def test_more_load_never_takes_away_what_it_helps():
    goal = Goal(**BOTH, least_coverage={300.0: 0.01}, most_pain_vs_26g=0.5, most_bleeding="pinpoint")
    setting, everyone = setting_of(goal), np.arange(12)
    roller = device("generic-1mm")
    tables = np.array([measured(setting, roller, 8, load, everyone)[:, :, -1] for load in np.geomspace(0.2, 6, 8)])
    falls = np.diff(tables, axis=0)
    # While the roller rides on its needles, contacts move as it sinks: counts may lose some channels of a hundred.
    assert (falls >= -0.1 * tables.max(axis=0)).all()


def test_bearable_load_is_borne():
    roller = device("eye-60")
    setting = setting_of(Goal(**PAPILLARY), people=10)
    measured(setting, roller, 1, bearable_load_n(roller), np.arange(10))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "zero passes would do"),
        ({"most_share_of_channels": {"hypodermis": 0.05}}, "zero passes would do"),
        ({"least_channels_per_cm2": {"muscle": 5}}, "muscle"),
        ({"least_channels_per_cm2": {"papillary_dermis": -5}}, "between 0.1 and 100000"),
        (PAPILLARY | {"most_share_of_channels": {"hypodermis": 1.5}}, "between 0 and 1"),
        (PAPILLARY | {"most_share_of_channels": {"viable_epidermis": 0.5}}, "papillary_dermis, reticular_dermis"),
        (PAPILLARY | {"most_share_of_channels": {"papillary_dermis": 0}}, "channels into papillary_dermis are wanted"),
        ({"least_coverage": {0: 1.2}}, "between 1e-06 and 0.99"),
        ({"least_coverage": {-3: 0.2}}, "um"),
        (PAPILLARY | {"most_bleeding": "some"}, "none"),
        (PAPILLARY | {"certainty": 1.0}, "between 0.5 and 0.99"),
    ],
)
def test_goals_that_cannot_be_planned(given, told):
    with pytest.raises(ValueError, match=told):
        Goal(**given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"replicates": 3}, "at least 10, at most 10000"),
        ({"most_load_n": 0.01}, "most_load_n"),
        ({"most_passes": 0}, "passes"),
        ({"seed": -1}, "seed"),
        ({"devices": []}, "devices"),
        ({"devices": ["mf-8"], "free": "mf-8"}, "devices"),
        ({"devices": ["mf8"]}, "closest: mf-8"),
    ],
)
def test_plans_that_cannot_be_made(given, told):
    with pytest.raises((InputError, ValueError), match=told):
        plan_treatment(Goal(**PAPILLARY), "cheek", **given)


@pytest.mark.long
def test_a_plan_serves_people_and_models_together_and_says_which_costs_more():
    goal = Goal(least_channels_per_cm2={"reticular_dermis": 90}, certainty=0.8)
    roller = device("generic-0.5mm")
    answer = plan_treatment(goal, "cheek", [roller], region=rectangle(10, 10), replicates=40, most_passes=16, seed=2)
    (choice,) = answer.choices
    # Pairs that had no part in it, people and members drawn apart.
    people, rng = draw_replicates(site("cheek"), 60, 900), np.random.default_rng(900)
    drawn = [members().take(int(number)) for number in rng.integers(0, members().members, 60)]
    pairs = Setting(
        site("cheek"), Technique(), rectangle(10, 10), people, drawn, aims_of(goal), goal.certainty, (0.1, 6)
    )
    values = measured(pairs, roller, choice.passes, choice.middle_n, np.arange(60))
    together = np.logical_and(*served(pairs, values)).mean(axis=0)
    assert together[-1] >= 0.8 - 3 * np.sqrt(0.8 * 0.2 * (1 / 40 + 1 / 60))
    # If one of the two were known, no more passes would be needed, and both are told.
    costs, shown = choice.costs, choice.figures()
    alone = [costs.passes_people_alone, costs.passes_members_alone]
    assert all(passes is None or passes <= choice.passes + 1 for passes in alone)
    assert shown["costs_more"] in ("people", "models", "equal")
    assert f"{choice.passes} pass" in choice.cost_words
    assert shown["peak_depth_um_mean_uncertainty_low"] < shown["peak_depth_um_mean_uncertainty_high"]
    assert answer.to_dict()["choices"][0]["passes_models_alone"] == costs.passes_members_alone


@pytest.mark.parametrize(
    ("people", "models", "more"),
    [
        ([0.2, 0.95, 1.0], [0.1, 0.4, 0.9], "models"),  # members need three passes, people two
        ([0.2, 0.4, 0.5], [0.1, 0.9, 1.0], "people"),  # with people as they are these passes would never do
        ([0.5, 0.9, 0.92], [0.5, 0.9, 0.99], "people"),
        ([0.5, 0.9, 1.0], [0.5, 0.9, 1.0], "equal"),
        ([0.5, 0.6, 0.7], [0.5, 0.5, 0.6], "models"),  # neither does alone
    ],
)
def test_what_costs_more_is_what_would_still_be_missing_alone(people, models, more):
    assert Costs.of(np.array(people), np.array(models), 0.9).more == more


def test_each_person_of_a_plan_meets_one_member_and_all_members_are_met_evenly():
    dealt = one_each(64, np.random.default_rng(1))
    stiff = np.sort([float(one.skin_stiffness) for one in dealt])
    assert all(one.members == 0 for one in dealt)
    # An even share of those stored: their middle is the middle of all.
    assert np.median(stiff) == pytest.approx(np.median(members().skin_stiffness), rel=0.15)
    assert len(one_each(600, np.random.default_rng(1))) == 600


def test_pens_and_stamps_stand_among_the_choices():
    goal = Goal(least_channels_per_cm2={"papillary_dermis": 150.0}, certainty=0.8)
    found = plan_treatment(
        goal, "cheek", ["generic-1.5mm", "exceed", "generic-stamp-1.5mm"], region="6x6", replicates=10,
        technique=Technique(drag_speed_mm_s=40.0),
    )  # fmt: skip
    told = {one.roller.kind: one for one in found.choices}
    pen = told["pen"]
    assert pen.passes == 1
    assert pen.treatment.technique.drag_speed_mm_s == 40.0
    assert pen.figures()["minutes_per_300_cm2"] == pytest.approx(30_000 / 60 / (40 * 6), rel=1e-6)
    assert pen.figures()["moved"] == "drawn at 40 mm/s"
    with pytest.raises(InputError, match="none for a roller"):
        plan_treatment(goal, "cheek", ["mf-8"], technique=Technique(drag_speed_mm_s=40.0), replicates=10)


@pytest.mark.long
def test_a_pen_is_drawn_as_fast_as_the_fewest_passes_allow():
    goal = Goal(least_channels_per_cm2={"papillary_dermis": 500.0}, certainty=0.8)
    asked = {"region": "6x6", "replicates": 10, "most_passes": 6}
    pen = plan_treatment(goal, "cheek", ["exceed"], **asked).choices[0]
    band = handling()["drag_speed"]
    speeds = np.linspace(band.high, band.low, PACES_TRIED)
    each = {}
    for speed in speeds:
        told = plan_treatment(goal, "cheek", ["exceed"], technique=Technique(drag_speed_mm_s=speed), **asked)
        each[speed] = told.choices[0].passes if told.choices else np.inf
    fewest = min(each.values())
    assert pen.passes == fewest < each[band.high]  # the fastest does not do here
    speed = pen.treatment.technique.drag_speed_mm_s
    assert speed == max(speed for speed, passes in each.items() if passes == fewest)
    assert band.low < speed < band.high
    assert pen.certainty >= goal.certainty
    assert pen.figures()["moved"] == f"drawn at {speed:g} mm/s"
    assert pen.figures()["drag_speed_mm_s"] == speed
    assert pen.figures()["minutes_per_300_cm2"] == pytest.approx(30_000 / 60 / (speed * device("exceed").swath_mm))


def test_a_pen_that_no_pace_helps_says_at_which_it_came_nearest():
    goal = Goal(least_channels_per_cm2={"papillary_dermis": 3000.0}, certainty=0.8)
    found = plan_treatment(goal, "cheek", ["exceed"], region="6x6", replicates=10, most_passes=2)
    assert not found.choices
    assert "drawn at 10 mm/s" in found.rejected[0].why  # most channels
    assert found.paces_mm_s == (10, 50)
    assert found.inputs()["drag_speed_limits_mm_s"] == (10, 50)


@pytest.mark.long
def test_rollers_and_stamps_are_answered_as_without_a_pen_beside():
    goal = Goal(least_channels_per_cm2={"papillary_dermis": 60.0}, certainty=0.8)
    asked = {"region": "4x4", "replicates": 10, "most_passes": 12}
    for name in ("generic-1mm", "generic-stamp-1mm"):
        with_pen = plan_treatment(goal, "cheek", [name, "exceed"], **asked)
        alone = plan_treatment(goal, "cheek", [name], **asked)
        one, other = ([found for found in plan.choices if found.roller.name == name] for plan in (with_pen, alone))
        assert [found.figures() for found in one] == [found.figures() for found in other] != []
        assert one[0].treatment.technique.drag_speed_mm_s is None
        assert one[0].treatment.technique.stamps_per_s is None
        assert alone.paces_mm_s is None
