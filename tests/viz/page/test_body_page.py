"""The report of a body: what it holds, and in Chromium what it shows, with WebGL, without it and without a script."""

import json
import re
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from dermaroll.data.catalog import device
from dermaroll.geometry.surface.simple import cylinder, sphere
from dermaroll.roller import Technique
from dermaroll.roller.zones.result import SurfaceComparison
from dermaroll.roller.zones.treating import treat
from dermaroll.viz.maps import MAPPED
from dermaroll.viz.page.body import body_page_html, command_line, figures_of, rolled, write_body_page
from dermaroll.viz.page.body_scene import MOST_FACES, body_scene_data
from matplotlib.image import imread

MOST_BYTES = 2_500_000
HOSTILE = '<script>document.title="owned"</script> "quoted\' & </title> \u05e9\u05dc\u05d5\u05dd ' + "long" * 30
NO_WEBGL = """
const usual = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : usual.call(this, kind, ...rest);
};
"""
FIGURES = ["density_per_cm2", "peak_depth_um", "surface_coverage"]


@pytest.fixture(scope="module")
def comparison():
    limb = cylinder(14.0, 40.0, span_deg=130, margin_mm=25, edge_mm=1.5)
    hostile = device("eye-60").model_copy(update={"name": "\u05de\u05d7\u05d8", "title": HOSTILE})
    how = Technique(passes=3)
    told = [treat(name, technique=how, surface=limb, figures=FIGURES, uncertainty=True) for name in ("mf-8", hostile)]
    return SurfaceComparison(tuple(told))


@pytest.fixture(scope="module")
def page(comparison):
    return body_page_html(comparison)


def packed(found):
    kinds = {"u1": "<u1", "u2": "<u2", "u4": "<u4"}
    return np.frombuffer(b64decode(found["data"]), kinds[found["kind"]])


def held(page, name):
    return json.loads(re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.S)[1])


def test_the_page_holds_the_body_and_its_maps_to_the_last_visible_digit(page, comparison):
    data, surface = held(page, "body-data"), comparison.devices[0].surface
    place = np.array(data["low"]) + data["step"] * packed(data["place"]).reshape(-1, 3)
    assert place == pytest.approx(surface.vertices, abs=data["step"])  # a body along y that looks along z stands so
    face = packed(data["face"]).reshape(-1, 3)
    assert sorted(map(tuple, face)) == sorted(map(tuple, surface.faces))
    treated = data["treated"]
    assert treated == (surface.zone_of_face >= 0).sum()
    same = {tuple(corners): number for number, corners in enumerate(surface.faces)}
    kept = np.array([same[tuple(corners)] for corners in face[:treated]])
    for told in data["maps"]:
        for number, treatment in enumerate(comparison.devices):
            value = packed(told["values"][number]).astype(float)
            value[value == 65_535] = np.nan
            stored = MAPPED[told["key"]].values(treatment)[kept]
            assert told["least"] + told["step"] * value == pytest.approx(stored, abs=told["step"], nan_ok=True)
        assert told["from"] < told["to"]


def test_a_body_of_too_many_faces_is_drawn_coarser_and_says_so():
    big = sphere(60.0, edge_mm=0.9)
    assert len(big.faces) > MOST_FACES
    how = Technique(passes=1, pattern="one-way")
    treatment = treat("mf-8", technique=how, surface=sphere(60.0, edge_mm=3.0), figures=["density_per_cm2"])
    maps = {key: np.linspace(0, 1, len(big.faces)) for key in MAPPED}
    from dataclasses import replace

    treatment = replace(treatment, surface=big, maps=replace(treatment.maps, **maps))
    data = body_scene_data([treatment], ["mf-8"])
    faces = len(packed(data["face"])) // 3
    assert 0.3 * MOST_FACES < faces <= MOST_FACES
    assert f"{faces:,} of its {len(big.faces):,} faces" in data["said"]
    place = np.array(data["low"]) + data["step"] * packed(data["place"]).reshape(-1, 3)
    assert np.linalg.norm(place, axis=1) == pytest.approx(60.0, abs=0.01)


def test_every_number_of_the_tables_is_in_the_json(page, comparison):
    content = held(page, "result")
    assert content == json.loads(json.dumps(figures_of(rolled(comparison))))
    found = re.findall(r'<data value="([^"]*)" data-from="([^"]*)">', page)
    assert len(found) > 20
    for value, path in found:
        expected = content
        for key in path.split("."):
            expected = expected[int(key)] if isinstance(expected, list) else expected[key]
        assert float(value) == expected


def test_the_table_tells_both_bands_and_what_no_ring_touches(page, comparison):
    told = held(page, "result")["devices"][0]["zones"][0]
    treatment = comparison.devices[0].treatments[0]
    assert told["density_per_cm2"] == treatment["density_per_cm2"]
    low, high = (told[f"density_per_cm2_uncertainty_{end}"] for end in ("low", "high"))
    assert low <= high
    assert told["peak_depth_um_p05"] <= told["peak_depth_um_mean"] <= told["peak_depth_um_p95"]
    zone = comparison.devices[0].zones[0]
    assert told["untouched_share"] == zone.untouched_share[-1]
    assert told["rings_touching"] == zone.rings_touching
    for line in comparison.alerts:
        assert line.split(":")[1][:20] in page


def test_the_same_result_gives_the_same_page_and_the_command_names_what_was_done(page, comparison):
    assert page == body_page_html(comparison)
    assert "owned</script>" not in page
    words = command_line(comparison.devices)
    assert words.startswith("dermaroll compare mf-8 ")
    assert "--surface cylinder --passes 3 --seed 0" in words


@pytest.mark.parametrize(("command", "devices"), [("coverage", ["mf-8"]), ("compare", ["mf-8", "eye-60"])])
def test_the_command_line_writes_the_page(run_here, tmp_path, command, devices):
    path = tmp_path / "face.html"
    told = ("--surface", "face", "--zone", "upper-lip", "--passes", "1")
    done = run_here(command, *devices, *told, "--report", path)
    assert done.returncode == 0, done.stderr
    assert f"wrote {path}" in done.stderr
    page = path.read_text(encoding="utf-8")
    assert path.stat().st_size < MOST_BYTES
    assert "over a face</h1>" in page
    assert f"dermaroll {command} {' '.join(devices)} --surface face --zone upper-lip --passes 1 --seed 0" in page


def test_two_sides_for_a_patient_are_refused_on_a_body(run_here, tmp_path):
    done = run_here("coverage", "mf-8", "--surface", "face", "--report", tmp_path / "a.html", "--for", "patient")
    assert done.returncode == 2
    assert "clinic on a surface" in done.stderr


class Tab:
    """A page that is open offline, with what its console said."""

    def __init__(self, chromium, path, before="", **options):
        self.said = []
        self.context = chromium.new_context(offline=True, **{"viewport": {"width": 1200, "height": 800}} | options)
        self.page = self.context.new_page()
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        if before:
            self.page.add_init_script(before)
        self.page.goto(path.as_uri())

    def state(self):
        return self.page.evaluate("() => ({...document.getElementById('body').dataset})")

    def drawn(self, more=0):
        """Wait until pictures were drawn, so many more than by now."""
        self.page.wait_for_function(
            "(least) => Number(document.getElementById('body').dataset.frames) >= least",
            arg=more or 1,
        )

    def after(self, act):
        before = int(self.state()["frames"])
        act()
        self.drawn(before + 1)
        return imread(BytesIO(self.page.locator("#body canvas").first.screenshot()))[..., :3]

    def close(self):
        self.context.close()
        assert self.said == []


@pytest.fixture(scope="module")
def written(tmp_path_factory, comparison):
    path = tmp_path_factory.mktemp("body") / "body.html"
    write_body_page(comparison, path)
    return path


@pytest.fixture(scope="module", params=["", NO_WEBGL], ids=["webgl", "no webgl"])
def tab(request, chromium, written):
    opened = Tab(chromium, written, request.param)
    opened.webgl = not request.param
    opened.drawn()
    yield opened
    opened.close()


@pytest.mark.long
@pytest.mark.browser
def test_the_body_turns_and_shows_what_is_chosen(tab):
    line = tab.page.locator("[data-missing]")
    assert line.is_visible() != tab.webgl
    assert tab.webgl or "no WebGL" in line.inner_text()
    assert tab.state()["shown"] == "0 1"
    first = tab.after(lambda: tab.page.get_by_role("button", name="From the front").click())
    assert np.ptp(first.reshape(-1, 3), axis=0).min() > 0.3
    canvas = tab.page.locator("#body canvas").first
    canvas.focus()
    turned = tab.after(lambda: canvas.press("ArrowLeft"))
    assert (np.abs(first - turned).max(axis=2) > 0.08).mean() > 0.005
    back = tab.after(lambda: tab.page.get_by_role("button", name="From the front").click())
    assert (np.abs(first - back).max(axis=2) > 0.08).mean() < 0.002
    tab.after(lambda: tab.page.locator("#map-choice").select_option(index=1))
    assert tab.state()["map"] == "peak_depth_um"
    assert "2000 µm" in tab.page.locator("[data-scale]").inner_text()
    tab.after(lambda: tab.page.locator("#map-choice").select_option(index=2))
    assert "reticular dermis" in tab.page.locator("[data-scale]").inner_text()
    one = tab.after(lambda: tab.page.locator("[name=body-device]").nth(1).check())
    assert tab.state()["shown"] == "0"
    assert one.shape == first.shape or one.size
    tab.after(lambda: tab.page.locator("#map-choice").select_option(index=0))
    tab.after(lambda: tab.page.locator("[name=body-device]").nth(0).check())


@pytest.mark.browser
def test_pointing_at_the_skin_tells_its_zone_and_its_figures(tab, comparison):
    tab.after(lambda: tab.page.get_by_role("button", name="From the front").click())
    canvas = tab.page.locator("#body canvas").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    canvas.hover(position={"x": 0.25 * box["width"], "y": box["height"] / 2})
    tip = tab.page.locator("[data-tip]")
    assert tip.is_visible()
    words = tip.inner_text()
    assert words.startswith("cylinder, mf-8")
    shown = float(re.search(r"channels: (\d+)", words)[1])
    values = comparison.devices[0].maps.density_per_cm2
    assert np.nanmin(values) - 1 <= shown <= np.nanmax(values) + 1
    canvas.hover(position={"x": 3, "y": 3})
    assert not tip.is_visible()
    canvas.press("n")
    said = tab.page.locator("[data-zone-said]").inner_text()
    assert said.startswith("cylinder. mf-8: ")
    assert "rings touch" in said


@pytest.mark.browser
def test_without_a_script_the_tables_are_there(chromium, written):
    opened = Tab(chromium, written, java_script_enabled=False)
    assert opened.page.locator("[data-missing]").is_visible()
    assert opened.page.locator("#zones table").count() == 2
    assert opened.page.title() != "owned"
    opened.close()


@pytest.mark.long
@pytest.mark.browser
@pytest.mark.web
@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_nothing_bars_anybodys_way_and_nothing_scrolls_sideways(chromium, written, faults_of_access, width, scheme):
    opened = Tab(chromium, written, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened.drawn()
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= width
    ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (int(ground.split("(")[1].split(",")[0]) < 60) == (scheme == "dark")
    assert faults_of_access(opened.page) == []
    opened.close()
