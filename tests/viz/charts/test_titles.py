"""Words that a user gives stand in charts as written, whatever matplotlib would read into them."""

import io

import pytest
from dermaroll.data.catalog import site
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, treat
from dermaroll.roller.programme.plans import Plan
from dermaroll.roller.programme.sessions import run_programme
from dermaroll.viz.charts.course import course_chart
from dermaroll.viz.charts.coverage import coverage_chart
from matplotlib.text import Text

TITLES = ["a $}$ b", "$", "$$", r"\$x_1$", "for 5 $", "100 % & <b>", r"$\frac{1}{2}$"]
SMALL = {"region": rectangle(3, 3), "depths_um": [0, 100]}


def shown(figure):
    """Every text of a figure that was laid out, as a reader sees it."""
    figure.savefig(io.BytesIO(), format="svg")
    found = []
    for text in figure.findobj(Text):
        for line in text.get_text().split("\n"):
            clean, formula = text._preprocess_math(line)
            assert not formula or line.startswith(r"$\mathdefault"), line  # matplotlib's own numbers on scales
            found.append(clean)
    return found


@pytest.mark.long
@pytest.mark.parametrize("title", TITLES)
def test_titles_stand_as_written(title):
    skin = site("cheek").model_copy(update={"title": title})
    treatment = treat("mf-8", skin, Technique(passes=1), **SMALL)
    assert any(line.startswith(f"{title},") for line in shown(coverage_chart([treatment])))
    plan = Plan(title=title, session=({"day": 0},))
    programme = run_programme("mf-8", skin, plan, Technique(passes=1), **SMALL)
    assert any(line.startswith(f"{title}: {title},") for line in shown(course_chart(programme)))
