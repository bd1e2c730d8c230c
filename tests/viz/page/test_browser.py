"""The HTML report in Chromium, with the network off: what it shows, and how it answers."""

import json
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
import shapely
from dermaroll.data.catalog import active, device
from dermaroll.geometry.needle import needle_profile
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, treat
from dermaroll.roller.treatment.treating import with_aftermath
from dermaroll.viz.page.writing import write_page
from matplotlib.image import imread

pytestmark = [pytest.mark.browser, pytest.mark.long]

HOSTILE = '<script>document.title="owned"</script> "quoted\' & </title> \u05e9\u05dc\u05d5\u05dd ' + "long" * 40
HOLED = shapely.from_wkt("POLYGON ((-7 -6, 7 -6, 7 6, -7 6, -7 -6), (-2 0, 2 0, 2 3, -2 3, -2 0))")
QUICK = {"depths_um": np.arange(0, 1201, 200.0), "seed": 2}


@pytest.fixture(scope="module")
def comparison():
    hostile = device("mf-8").model_copy(update={"name": "\u05de\u05d7\u05d8", "title": HOSTILE})
    return compare(["generic-0.5mm", hostile], "cheek", Technique(passes=6), region=HOLED, **QUICK)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, comparison):
    place = tmp_path_factory.mktemp("pages")
    write_page(comparison, place / "compare.html")
    none = treat("dts-540", "cheek", Technique(passes=2, load_n=0), region=rectangle(6, 6), **QUICK)
    write_page(with_aftermath(none, active("ascorbic-acid")), place / "none.html")
    return place


class Tab:
    """A page that is open offline, with what it asked for and what its console said."""

    def __init__(self, chromium, path, **options):
        self.path, self.asked, self.said = path, [], []
        self.context = chromium.new_context(offline=True, **{"viewport": {"width": 1200, "height": 800}} | options)
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())

    def state(self):
        return self.page.evaluate("() => ({...document.getElementById('scene').dataset})")

    def canvas(self):
        """The picture on the canvas: drawn anew, and read in the frame in which it is drawn."""
        url = self.page.evaluate(
            """() => new Promise((done) => {
                document.getElementById("cut-slider").dispatchEvent(new Event("input"));
                requestAnimationFrame(() => done(document.querySelector("#scene canvas").toDataURL()));
            })"""
        )
        return imread(BytesIO(b64decode(url.split(",")[1])))

    def set(self, slider, value):
        self.page.locator(slider).fill(str(value))

    def close(self):
        self.context.close()
        assert [url for url in self.asked if url != self.path.as_uri() and not url.startswith(("data:", "blob:"))] == []
        assert self.said == []


@pytest.fixture(scope="module")
def shared(chromium, folder):
    tab = Tab(chromium, folder / "compare.html")
    tab.page.locator("#scene.is-live").wait_for()
    yield tab
    tab.close()


@pytest.fixture
def tab(shared):
    """The open comparison as a reader meets it."""
    page = shared.page
    page.locator("[data-device-choice]").first.check()
    page.locator("[data-depth-choice]").first.check()
    page.get_by_role("button", name="Overview").click()
    page.locator("[data-roller-choice]").check()
    shared.set("#cut-slider", 0)
    shared.set("#pass-slider", 6)
    return shared


def test_numbers_on_the_screen_are_those_of_the_json(tab, comparison):
    content = json.loads(comparison.to_json())
    assert json.loads(tab.page.locator("#result").text_content()) == content
    numbers = tab.page.eval_on_selector_all("#answer data", "all => all.map((one) => [one.dataset.from, one.value])")
    assert len(numbers) > 30
    for path, value in numbers:
        expected = content
        for key in path.split("."):
            expected = expected[int(key)] if isinstance(expected, list) else expected[key]
        assert value == expected if isinstance(expected, str) else float(value) == expected


def test_the_pass_slider_shows_the_channels_of_the_passes(tab, comparison):
    channels = comparison.treatments[0].channels
    made = channels.pass_number[channels.inside]
    tab.page.get_by_role("button", name="From above").click()
    roller = tab.page.locator("[data-roller-choice]")
    assert not roller.is_checked()  # it would hide what it has done
    tab.page.get_by_role("button", name="Overview").click()
    assert roller.is_checked()
    tab.page.get_by_role("button", name="From above").click()
    pictures = {}
    for number in (1, 4, 6):
        tab.set("#pass-slider", number)
        assert tab.state()["pass"] == str(number)
        assert tab.state()["shown"] == str((made <= number).sum())
        assert tab.page.locator("[data-pass-said]").inner_text() == f"{number} of 6"
        pictures[number] = tab.canvas()
    changed = [(np.abs(pictures[a] - pictures[b]).max(axis=2) > 0.08).mean() for a, b in ((1, 4), (4, 6))]
    assert all(share > 1e-4 for share in changed)
    assert (np.abs(pictures[6] - tab.canvas()) < 0.08).all()  # what did not change looks the same


def test_the_cut_takes_layers_and_shallow_channels_away(tab, comparison):
    channels = comparison.treatments[0].channels
    depth = channels.peak_depth_um[channels.inside]
    tab.page.get_by_role("button", name="From above").click()
    whole = tab.canvas()
    for cut in (100, 300):
        tab.set("#cut-slider", cut)
        assert abs(int(tab.state()["shown"]) - (depth > cut).sum()) <= 1  # depths travel in tenths of a micrometre
    assert (np.abs(whole - tab.canvas()).max(axis=2) > 0.08).mean() > 0.01


def test_peak_and_residual_channels_and_the_devices_differ(tab, comparison):
    channels = comparison.treatments[0].channels
    tab.page.get_by_role("button", name="From above").click()
    tab.set("#cut-slider", 150)
    tab.page.get_by_label("needle gone").check()
    assert abs(int(tab.state()["shown"]) - (channels.residual_depth_um[channels.inside] > 150).sum()) <= 1
    tab.set("#cut-slider", 0)
    first = tab.canvas()
    tab.page.locator("[data-device-choice]").nth(1).check()
    assert tab.state()["device"] == "1"
    assert tab.state()["shown"] == str(comparison.treatments[1].channels.inside.sum())
    assert (np.abs(first - tab.canvas()).max(axis=2) > 0.08).mean() > 1e-3


def test_the_cut_edge_goes_through_channels_and_none_hangs_before_it(tab, comparison):
    tab.page.get_by_role("button", name="Cut edge").click()
    cut_at = json.loads(tab.page.locator("#scene-data").text_content())["cut_at_mm"]
    for number, treatment in enumerate(comparison.treatments):
        tab.page.locator("[data-device-choice]").nth(number).check()
        channels = treatment.channels
        y, depth = channels.y_mm[channels.inside], channels.peak_depth_um[channels.inside]
        half = needle_profile(treatment.device).half_width(depth / 1000)
        narrow, wide = (np.abs(y - cut_at) < half * share for share in (1.0, channels.aspect_ratio.max()))
        assert narrow.sum() >= 3  # the cut shows what channels look like
        # One that the plane leaves untouched on the near side is gone; one that it cuts shows its half behind it.
        assert (narrow | (y > cut_at)).sum() <= int(tab.state()["shown"]) <= (wide | (y > cut_at)).sum()


def test_a_channel_that_the_cut_goes_through_answers_the_pointer(tab, comparison):
    tab.page.locator("[data-roller-choice]").uncheck()
    tab.page.get_by_role("button", name="Cut edge").click()
    cut_at = json.loads(tab.page.locator("#scene-data").text_content())["cut_at_mm"]
    channels = comparison.treatments[0].channels
    canvas = tab.page.locator("#scene canvas")
    canvas.scroll_into_view_if_needed()
    picture, box = tab.canvas(), canvas.bounding_box()
    # The colour of channels is the one blue in the picture; below the mouths it can only be on the cut.
    blue = (picture[:, :, 2] > picture[:, :, 0] + 0.2) & (picture[:, :, 0] < 0.35)
    rows, columns = np.nonzero(blue)
    lowest = np.argmax(rows)
    scale = box["width"] / picture.shape[1]
    place = {"x": columns[lowest] * scale, "y": (rows[lowest] - 8) * scale}
    canvas.hover(position=place)
    pointed = np.flatnonzero(channels.inside)[int(tab.state()["pointed"])]
    half = needle_profile(comparison.treatments[0].device).half_width(channels.peak_depth_um[pointed] / 1000)
    assert abs(channels.y_mm[pointed] - cut_at) <= 1.5 * half


def test_pointing_at_a_channel_tells_its_data(tab, comparison):
    channels = comparison.treatments[0].channels
    inside = np.flatnonzero(channels.inside)
    tab.page.get_by_role("button", name="From above").click()
    canvas = tab.page.locator("#scene canvas")
    canvas.scroll_into_view_if_needed()
    tab.page.get_by_role("button", name="Next channel").click()
    tip = tab.page.locator("[data-tip]")
    first = inside[int(tab.state()["pointed"])]
    words = f"Pass {channels.pass_number[first]}, ring {channels.ring[first] + 1}, needle {channels.needle[first] + 1}"
    assert words in tip.inner_text()
    assert words in tab.page.locator("[data-channel-said]").inner_text()
    bottoms = np.cumsum(channels.thickness_um[first])
    layer = ("stratum corneum", "viable epidermis", "papillary dermis", "reticular dermis", "hypodermis")
    ends = layer[int((channels.peak_depth_um[first] > bottoms[:-1]).sum())]
    assert f"Peak depth {channels.peak_depth_um[first]:.0f} µm, ends in the {ends}" in tip.inner_text()

    # From straight above the region's middle is the canvas's: a channel's place on it follows from its place in mm.
    canvas.hover(position={"x": 3, "y": 3})
    assert not tip.is_visible()
    box = canvas.bounding_box()
    away = 1.06 * 14 / np.tan(np.radians(12)) / 2
    pixel = 2 * away * np.tan(np.radians(12)) / box["height"]
    spread = np.hypot(
        *(
            channels.x_mm[inside][:, None] - channels.x_mm[inside],
            channels.y_mm[inside][:, None] - channels.y_mm[inside],
        )
    )
    np.fill_diagonal(spread, np.inf)
    lone = np.argsort(-spread.min(axis=1))[:5]
    for number in lone:
        x, y = channels.x_mm[inside[number]] / pixel, -channels.y_mm[inside[number]] / pixel
        canvas.hover(position={"x": box["width"] / 2 + x, "y": box["height"] / 2 + y})
        assert tab.state()["pointed"] == str(number)
        assert tip.is_visible()


def test_the_scene_works_by_keyboard(tab):
    tab.page.get_by_role("button", name="From above").click()  # where every channel is shown
    canvas = tab.page.locator("#scene canvas")
    canvas.focus()
    before = tab.canvas()
    for key in ("ArrowLeft", "ArrowUp", "+"):
        canvas.press(key)
    assert (np.abs(before - tab.canvas()).max(axis=2) > 0.08).mean() > 0.01
    canvas.press("n")
    canvas.press("n")
    assert tab.state()["pointed"] == "1"
    assert "Peak depth" in tab.page.locator("[data-channel-said]").inner_text()
    tab.page.locator("#pass-slider").focus()
    tab.page.keyboard.press("ArrowLeft")
    assert tab.state()["pass"] == "5"
    first = tab.page.locator("a, button, input, select, summary, [tabindex]").first
    assert first.get_attribute("href") == "#answer"
    first.focus()
    assert first.bounding_box()["x"] >= 0  # unseen until it is reached
    tab.page.keyboard.press("Enter")
    assert tab.page.evaluate("document.activeElement.id") == "answer"


def test_the_roller_rolls_and_stops(tab):
    button = tab.page.locator("[data-roll]")
    tab.set("#pass-slider", 1)
    tab.page.evaluate("document.getElementById('scene').dataset.seen = document.getElementById('scene').dataset.frames")
    button.click()
    tab.page.wait_for_function(
        "() => { const { frames, seen } = document.getElementById('scene').dataset; return frames - seen > 3 }"
    )
    assert button.inner_text() == "Pause"
    button.click()
    stopped = tab.state()["shown"]
    assert button.inner_text() == "Roll"
    tab.canvas()
    assert tab.state()["shown"] == stopped


def test_any_array_of_the_json_can_be_read(tab, comparison):
    content = json.loads(comparison.to_json())
    tab.page.locator("details.needs-script summary").click()
    labels = tab.page.locator("[data-choice] option").all_inner_texts()
    wanted = next(label for label in labels if label.endswith(": area inside a channel, needle in [share]"))
    tab.page.locator("[data-choice]").select_option(wanted)
    rows = tab.page.locator("[data-table] tbody tr")
    assert rows.count() == 6
    cells = [float(text) for text in rows.last.locator("td").all_inner_texts()]
    np.testing.assert_allclose(cells, content["devices"][0]["coverage"][-1], rtol=1e-3)


def test_what_a_user_calls_a_device_stays_text(tab):
    assert tab.page.title() != "owned"
    assert HOSTILE.split(" ")[0] in tab.page.locator(".card").nth(1).inner_text()
    assert tab.page.locator("script").count() == 5


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_no_page_scrolls_sideways(chromium, folder, width, scheme):
    for name in ("compare.html", "none.html"):
        size = {"width": width, "height": 800}
        tab = Tab(chromium, folder / name, viewport=size, color_scheme=scheme)
        tab.page.locator("#scene.is-live").wait_for()
        tab.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert tab.page.evaluate("document.documentElement.scrollWidth") <= width
        ground = tab.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (int(ground.split("(")[1].split(",")[0]) < 60) == (scheme == "dark")
        tab.close()


def test_without_webgl_the_page_says_so_and_keeps_the_rest(chromium, folder):
    tab = Tab(chromium, folder / "none.html")
    tab.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    tab.page.reload()
    assert tab.page.locator(".scene-fallback").is_visible()
    assert not tab.page.locator("#scene canvas").is_visible()
    assert tab.page.locator("#map .drawn > svg").first.is_visible()
    assert tab.page.locator("#depth .drawn > svg").count() == 3
    tab.page.emulate_media(media="print")
    assert not tab.page.locator("#scene").is_visible()
    assert tab.page.locator("#map svg").first.is_visible()
    assert tab.page.locator("#numbers table.numbers").first.is_visible()  # folded on the screen, open on paper
    tab.close()


def test_without_a_script_the_page_is_read_all_the_same(chromium, folder):
    tab = Tab(chromium, folder / "compare.html", java_script_enabled=False)
    assert tab.page.locator(".scene-fallback").is_visible()
    assert tab.page.locator("#answer .card").count() == 2
    assert tab.page.locator("#after figcaption").first.is_visible()  # what the chart would show, in words
    assert tab.page.locator("#answer table").count() == 3
    tab.close()


def content_at(content, path):
    for key in path:
        content = content[int(key)] if isinstance(content, list) else content[key]
    return content


def test_charts_draw_the_numbers_of_the_json(tab, comparison):
    content = json.loads(comparison.to_json())
    specs = json.loads(tab.page.locator("#charts").text_content())
    lines = tab.page.locator("[data-chart=passes-surface] path.line")
    assert lines.count() == 2
    spec = specs["passes-surface"]
    box = tab.page.locator("[data-chart=passes-surface] path.edge").get_attribute("d")  # M left top V bottom H right
    left, top, bottom, right = (
        float(word) for word in box.replace("M", " ").replace("V", " ").replace("H", " ").split()
    )
    for number in range(2):
        drawn = np.array([
            [float(part) for part in pair.split()]
            for pair in lines.nth(number).get_attribute("d").replace("M", "L").split("L")[1:]
        ])  # fmt: skip
        covered = 100 * np.array(content_at(content, spec["series"][number]["y"]["path"]))
        np.testing.assert_allclose(drawn[:, 1], bottom - (bottom - top) * covered / spec["y"]["to"], atol=0.06)
        np.testing.assert_allclose(drawn[:, 0], left + (right - left) * np.arange(6) / 5, atol=0.06)


def test_charts_side_by_side_share_their_axes(tab):
    specs = json.loads(tab.page.locator("#charts").text_content())
    for kind in ("coverage", "depth", "section"):
        first, second = (specs[f"{kind}-{number}"] for number in range(2))
        assert first["y"] == second["y"]
        assert first["x"] == second["x"]
        edges = [tab.page.locator(f"[data-chart={kind}-{number}] path.edge").get_attribute("d") for number in range(2)]
        assert edges[0] == edges[1]


def test_pointer_and_keys_tell_a_charts_values(tab, comparison):
    chart = tab.page.locator("[data-chart=passes-surface]")
    chart.scroll_into_view_if_needed()
    chart.locator("> svg").focus()
    tip = chart.locator(".chart-tip")
    assert not tip.is_visible()
    tab.page.keyboard.press("End")
    assert "passes: 6" in tip.inner_text()
    for treatment in comparison.treatments:
        told = float(f"{100 * treatment['surface_coverage']:.3g}")
        assert f"{treatment.device.title}: {told:g} %" in tip.inner_text()
    tab.page.keyboard.press("Escape")
    assert not tip.is_visible()
    chart.locator("> svg").hover(position={"x": 60, "y": 100})
    assert "passes: 1" in tip.inner_text()


def test_keys_of_charts_cover_nothing_and_the_gap_stays_in_its_region(tab):
    for box in tab.page.locator(".drawn").all():
        picture, key = box.locator("> svg"), box.locator(".chart-key")
        if key.count():
            frame = picture.bounding_box()
            assert key.bounding_box()["y"] >= frame["y"] + frame["height"] - 1
    gap = tab.page.locator("[data-chart=map-0] circle.gap")
    clip = gap.evaluate("(one) => one.parentElement.getAttribute('clip-path')")
    assert "region" in clip
    assert tab.page.locator("[data-chart=map-0] clipPath").nth(1).locator("path").count() == 1


def test_lines_that_lie_on_one_another_are_told_apart(chromium, tmp_path):
    # The same roller under two names: the second is dashed over the first, and the key says so.
    twin = device("c-8").model_copy(update={"name": "twin"})
    both = compare(["c-8", twin], "cheek", Technique(passes=3), region=rectangle(6, 6), **QUICK)
    write_page(both, tmp_path / "twins.html")
    tab = Tab(chromium, tmp_path / "twins.html")
    first, second = tab.page.locator("[data-chart=passes-surface] path.line").all()
    assert first.get_attribute("d") == second.get_attribute("d")
    assert float(first.get_attribute("stroke-width")) > float(second.get_attribute("stroke-width"))
    assert first.get_attribute("stroke-dasharray") is None
    assert second.get_attribute("stroke-dasharray")
    assert "(twin), on Dermaroller C-8 (c-8)" in tab.page.locator("[data-chart=passes-surface] .chart-key").inner_text()
    tab.close()


def test_charts_follow_the_page_into_the_dark(chromium, folder):
    inks = []
    for scheme in ("light", "dark"):
        tab = Tab(chromium, folder / "compare.html", color_scheme=scheme)
        line = tab.page.locator("[data-chart=passes-surface] path.line").first
        words = tab.page.locator("[data-chart=passes-surface] text.name").first
        inks.append(
            [
                line.evaluate("(one) => getComputedStyle(one).stroke"),
                words.evaluate("(one) => getComputedStyle(one).fill"),
            ]
        )
        tab.close()
    assert inks[0][0] != inks[1][0]
    assert inks[0][1] != inks[1][1]


@pytest.mark.web
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_anybodys_way(chromium, folder, faults_of_access, scheme):
    for name in ("compare.html", "none.html"):
        tab = Tab(chromium, folder / name, color_scheme=scheme)
        assert faults_of_access(tab.page) == []
        tab.close()
