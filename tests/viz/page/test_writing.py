"""The HTML report as a file: what it holds, where its numbers come from, what it refuses; without a browser."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import shapely
from dermaroll.data.catalog import active, device
from dermaroll.geometry.region import rectangle
from dermaroll.roller import Technique, compare, run_programme, treat
from dermaroll.roller.cli.__main__ import exit_code
from dermaroll.roller.treatment.quantities import QUANTITIES
from dermaroll.roller.treatment.text_table import summary_text
from dermaroll.roller.treatment.treating import with_aftermath
from dermaroll.viz.page import scene as page_scene
from dermaroll.viz.page.rerun import command_line, python_call
from dermaroll.viz.page.writing import page_html

WEB = Path(__file__).parents[3] / "viz" / "web"
TECHNIQUE = Technique(passes=4)
SMALL = {"region": rectangle(9, 8), "depths_um": np.arange(0, 801, 200.0), "seed": 4}
HOLED = shapely.from_wkt("POLYGON ((-6 -5, 6 -5, 6 5, -6 5, -6 -5), (-2 -2, 2 -2, 2 2, -2 2, -2 -2))")


class Reader(HTMLParser):
    """What a page says: numbers with their paths, scripts by id, links, ids, tags."""

    def __init__(self, text):
        super().__init__()
        self.numbers, self.scripts, self.links, self.ids, self.tags, self.attributes = [], {}, [], [], set(), set()
        self._open = None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.add(tag)
        self.attributes |= found.keys()
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append((found["href"], found.get("rel")))
        if tag == "script":
            self._open = found.get("id", "code")
            self.scripts[self._open] = ""
        if tag == "data":
            self.numbers.append([found["data-from"], found["value"], ""])
            self._open = "number"

    def handle_endtag(self, tag):
        self._open = None

    def handle_data(self, data):
        if self._open == "number":
            self.numbers[-1][2] += data
        elif self._open:
            self.scripts[self._open] += data


def at(content, path):
    for key in path.split("."):
        content = content[int(key)] if isinstance(content, list) else content.get(key)
        if content is None:
            return None
    return content


@pytest.fixture(scope="module")
def results():
    alone = with_aftermath(treat("ms-4", "cheek", TECHNIQUE, **SMALL, replicates=3), active("ascorbic-acid"))
    side = compare(["c-8", "mf-8"], "forehead", TECHNIQUE, **SMALL | {"region": HOLED})
    none = treat("mf-8", "cheek", Technique(passes=2, load_n=0), **SMALL)
    months = run_programme("mf-8", "cheek", "acne-scars", TECHNIQUE, active="ascorbic-acid", **SMALL)
    return {"alone": alone, "side": side, "none": none, "months": months}


@pytest.fixture(scope="module")
def pages(results):
    return {name: page_html(result) for name, result in results.items()}


@pytest.mark.parametrize("name", ["alone", "side", "none", "months"])
def test_every_number_of_the_page_is_one_of_the_json_object(results, pages, name):
    page = Reader(pages[name])
    content = json.loads(page.scripts["result"])
    assert content == json.loads(results[name].to_json())
    assert len(page.numbers) > 40
    for path, value, text in page.numbers:
        expected = at(content, path)
        if expected is None:
            assert (value, text) == ("", "–"), path
        elif isinstance(expected, str):
            assert value == text == expected, path
        else:
            assert float(value) == expected, path
            if text.startswith("below "):  # less than anybody could have told
                assert min(abs(expected), abs(100 * (expected - 1))) < float(text.removeprefix("below ")) + 0.5, path
                continue
            shown = float(text)
            # As it stands, in percent, or as a change in percent; two digits at least.
            choices = np.array([expected, 100 * expected, 100 * (expected - 1)])
            assert np.isclose(shown, choices, rtol=0.06, atol=1e-12).any() or abs(shown) < 1e-9, (path, text)


def test_the_first_screen_answers(results, pages):
    answer = pages["side"].split('<nav class="contents"')[0]
    paths = {path for path, _, _ in Reader(answer).numbers}
    for number in range(2):
        place = f"devices.{number}."
        for key in ("peak_depth_um.mean", "residual_depth_um.mean", "density_per_cm2.3", "surface_coverage.3"):
            assert place + key in paths
        assert {f"{place}layers.2.density_per_cm2.3", f"{place}layers.3.density_per_cm2.3"} <= paths
        main = [key for key, one in QUANTITIES.items() if one.needs and one.main and one.time is None]
        assert {f"{place}aftermath.{key}" for key in main} <= paths
    assert "no medical advice" in answer
    assert "unverified" in answer


@pytest.mark.parametrize("kind", ["alone", "side", "none"])
def test_the_first_screen_says_bands_in_the_same_words_as_the_text_table(results, pages, kind):
    treatments = results[kind].treatments if kind == "side" else (results[kind],)
    table = " ".join(summary_text(treatments, every=True, width=400).split())
    texts = {path: text for path, _, text in Reader(pages[kind].split('<nav class="contents"')[0]).numbers}
    bands = [
        (path, re.sub(r"(_uncertainty\b.*)\.0\b", r"\1.1", path, count=1)) for path in texts if "_uncertainty" in path
    ]
    told = {
        (texts[low], texts.get(high, texts[low])) for low, high in bands if re.search(r"_uncertainty(\.mean)?\.0", low)
    }
    assert told
    for low, high in told:
        assert (f"[{low}]" if low == high else f"[{low} to {high}]") in table, (low, high)


def test_the_first_screen_tells_what_nobody_has_measured_and_what_to_know_before_rolling(results, pages):
    answer = pages["side"].split('<nav class="contents"')[0]
    paths = {path for path, _, _ in Reader(answer).numbers}
    for end in (0, 1):
        assert f"devices.1.peak_depth_um_uncertainty.mean.{end}" in paths
        assert f"devices.1.surface_coverage_uncertainty.{end}.-1" in paths or any(
            path.startswith(f"devices.1.surface_coverage_uncertainty.{end}") for path in paths
        )
        assert f"devices.1.aftermath.enhancement_uncertainty.{end}" in paths
    # In how many models the second device is deeper than the first.
    assert any("share_of_models_above_first.1" in path for path in paths)
    assert "nobody has measured" in answer
    assert "from place to place" in answer
    alerts = results["side"].alerts
    assert alerts
    assert all(line in unescape(answer) for line in alerts)
    assert 'class="unknown peak"' in answer  # the lighter bar beside the depth
    assert 'class="alerts"' not in pages["none"].split('<nav class="contents"')[0] or results["none"].alerts


@pytest.mark.parametrize("name", ["alone", "side", "none", "months"])
def test_the_page_asks_nobody_for_anything(pages, name):
    page = Reader(pages[name])
    assert not page.tags & {"link", "iframe", "object", "embed", "audio", "video", "base"} - {"link"}
    assert not page.attributes & {"src", "srcset", "action", "onclick", "onload", "onerror"}
    assert all(rel == "noreferrer" for href, rel in page.links if not href.startswith("#"))
    assert all(href.startswith(("#", "https://doi.org/")) for href, _ in page.links)
    assert re.findall(r'(?:href|xlink:href)="(?!#|data:|https://doi\.org/)', pages[name]) == []
    assert "default-src 'none'" in pages[name]
    assert len(page.ids) == len(set(page.ids))
    assert {href[1:] for href, _ in page.links if href.startswith("#")} <= set(page.ids)


def test_the_same_result_gives_the_same_bytes(results, pages):
    again = compare(["c-8", "mf-8"], "forehead", TECHNIQUE, **SMALL | {"region": HOLED})
    assert page_html(again) == pages["side"]


@pytest.mark.parametrize("name", ["alone", "side", "months"])
def test_the_page_tells_how_to_run_it_again(results, name, monkeypatch, capsys):
    words = shlex.split(command_line(results[name]))
    monkeypatch.setattr(sys, "argv", [*words, "--format", "json"])
    assert exit_code() == 0
    assert json.loads(capsys.readouterr().out) == json.loads(results[name].to_json())
    exec(compile(python_call(results[name]), "call", "exec"), {})
    assert json.loads(capsys.readouterr().out) == json.loads(results[name].to_json())


def test_what_a_user_calls_things_stays_text(results):
    title = "<script>alert(1)</script> \"quoted' & </title> \u202eright to left" + "long" * 60
    hostile = device("mf-8").model_copy(update={"title": title, "name": "\u05de\u05d7\u05d8", "note": "</script><!--"})
    text = page_html(treat(hostile, "cheek", TECHNIQUE, **SMALL))
    page = Reader(text)
    assert json.loads(page.scripts["result"])["inputs"]["device"]["title"] == title
    assert set(page.scripts) == {"result", "quantities", "charts", "scene-data", "code"}
    assert "<script>alert" not in text
    assert "</script><!--" not in text


def test_too_many_channels_are_thinned_and_that_is_said(results, pages, monkeypatch):
    whole = pages["side"]
    monkeypatch.setattr(page_scene, "MOST_CHANNELS", 40)
    thinned = page_html(results["side"])
    total = int(results["side"].treatments[0].channels.inside.sum())
    scenes = [json.loads(Reader(text).scripts["scene-data"]) for text in (whole, thinned)]
    assert [scene["devices"][0]["channels"]["count"] for scene in scenes] == [total, 20]
    assert [scene["devices"][0]["said"] for scene in scenes] == [
        "",
        f"The scene shows 20 of {total:,} channels, evenly chosen; every number is of all of them.",
    ]
    assert Reader(whole).numbers == Reader(thinned).numbers


def test_a_page_of_ten_thousand_channels_can_be_mailed():
    both = compare(["generic-0.3mm", "mf-8"], "cheek", region=rectangle(46, 46), seed=1)
    assert all(treatment.channels.inside.sum() > 5000 for treatment in both.treatments)
    assert len(page_html(both).encode()) <= 2.5e6


def test_the_thinned_channels_are_an_even_choice(results):
    treatment = results["none"]
    many = treat("mf-8", "cheek", Technique(passes=8), region=rectangle(20, 20), depths_um=[0.0])
    chosen = page_scene.channels_shown(many, 400)
    assert chosen.size == np.unique(chosen).size == 400
    assert many.channels.inside[chosen].all()
    share = [(many.channels.pass_number[index] <= 4).mean() for index in (chosen, np.flatnonzero(many.channels.inside))]
    assert share[0] == pytest.approx(share[1], abs=0.01)
    assert page_scene.channels_shown(treatment, 400).size == 0


def test_a_page_needs_no_gl_and_no_vtk(tmp_path):
    program = (
        "import sys\n"
        "from dermaroll.roller import Technique, treat\n"
        "from dermaroll.viz.page.writing import write_page\n"
        "result = treat('mf-8', 'cheek', Technique(passes=2), depths_um=[0.0, 500.0])\n"
        "write_page(result, sys.argv[1])\n"
        "assert not {'vtk', 'vtkmodules', 'pyvista'} & set(sys.modules), sorted(sys.modules)\n"
    )
    target = tmp_path / "page.html"
    environment = {**os.environ, "DERMAROLL_NO_GL": "1"}
    done = subprocess.run([sys.executable, "-c", program, str(target)], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size > 100_000
    assert list(tmp_path.iterdir()) == [target]


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["dermaroll", *map(str, arguments)])
        code = exit_code()
        streams = capsys.readouterr()
        return SimpleNamespace(returncode=code, stdout=streams.out, stderr=streams.err)

    return call


QUICK = ["--area-mm", "8x8", "--depths", "0:800:400", "--passes", "2"]


@pytest.mark.parametrize(
    "command",
    [["coverage", "mf-8"], ["compare", "mf-8", "c-8"], ["programme", "--indication", "acne-scars"]],
    ids=lambda words: words[0],
)
def test_commands_write_the_page_beside_what_they_print(run, tmp_path, command):
    target = tmp_path / "out.html"
    done = run(*command, *QUICK, "--format", "json", "--report", target)
    assert done.returncode == 0, done.stderr
    assert json.loads(Reader(target.read_text(encoding="utf-8")).scripts["result"]) == json.loads(done.stdout)
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    "command", [["coverage", "mf-8"], ["compare", "mf-8", "c-8"], ["programme", "--indication", "x"]]
)
@pytest.mark.parametrize(
    ("name", "told"),
    [("missing/out.html", "a folder that exists"), ("out.pdf", "ends in .html"), ("folder.html", "this is a folder")],
)
def test_a_page_that_could_not_be_written_is_refused_before_the_work(run, tmp_path, monkeypatch, command, name, told):
    (tmp_path / "folder.html").mkdir()
    monkeypatch.setattr("dermaroll.roller.treatment.treating.simulate", None)
    done = run(*command, "--report", tmp_path / name)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert told in done.stderr


@pytest.mark.web
def test_the_bundle_is_the_one_that_its_sources_give(tmp_path):
    copy = tmp_path / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("dist", "node_modules"))
    options = ["--no-package-lock", "--no-audit", "--no-fund", "--prefer-offline", "--ignore-scripts"]
    subprocess.run(["npm", "install", *options], cwd=copy, check=True, capture_output=True)
    subprocess.run(["node", "build.js", str(tmp_path / "page.js")], cwd=copy, check=True)
    assert (tmp_path / "page.js").read_bytes() == (WEB / "dist" / "page.js").read_bytes()
    assert (copy / "node_modules" / "three" / "LICENSE").read_text() == (WEB / "LICENSE.three").read_text()
    versions = json.loads((WEB / "package.json").read_text())
    assert all(
        re.fullmatch(r"[\d.]+", exact) for exact in (versions["dependencies"] | versions["devDependencies"]).values()
    )


def test_the_command_tells_what_was_told_of_each_kind_and_no_more():
    small = {"region": "4x4", "depths_um": [0.0], "active": None}
    usual = compare(["mf-8", "exceed"], "cheek", Technique(drag_speed_mm_s=45.0), **small)
    assert "--passes" not in command_line(usual)
    assert "--drag-speed 45" in command_line(usual)
    assert "Technique(drag_speed_mm_s=45.0)" in python_call(usual)
    told = compare(["mf-8", "exceed"], "cheek", Technique(passes=16), **small)
    assert "--passes 16" in command_line(told)
    equal = compare(["mf-8", "exceed"], "cheek", equal_density_per_cm2=150.0, **small)
    assert "--equal-density 150" in command_line(equal)
    assert "--drag-speed" not in command_line(equal)
    assert "equal_density_per_cm2=150.0" in python_call(equal)
