"""The live page in Chromium, driven as a reader drives it: sliders, keys, link, history, report, command."""

import json
import shlex
import time

import pytest
from dermaroll.roller import Technique, treat

pytest.importorskip("fastapi")
pytestmark = [pytest.mark.browser, pytest.mark.long]

SMALL = "replicates=1&region_width_mm=8&region_height_mm=8&passes=3"
PATIENCE_S = 240  # a machine may be slow; what is awaited is a state, never a time


class Live:
    """An open live page, with what it asked for and what its console said."""

    def __init__(self, chromium, server, settings=SMALL, **options):
        self.asked, self.said = [], []
        self.address = f"http://127.0.0.1:{server.port}/"
        self.context = chromium.new_context(**{"viewport": {"width": 1200, "height": 800}} | options)
        self.context.grant_permissions(["clipboard-read", "clipboard-write"])
        self.page = self.context.new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(f"{self.address}#{settings}")
        self.settled()

    def marks(self):
        return self.page.evaluate("({...document.documentElement.dataset})")

    def settled(self, after=0):
        """Wait until all of the newest answer is there."""
        until = time.monotonic() + PATIENCE_S
        while True:
            marks = self.marks()
            if int(marks.get("asked", 0)) > after and marks.get("rest") == marks["asked"]:
                return int(marks["asked"])
            assert time.monotonic() < until, (marks, self.said)
            self.page.wait_for_timeout(50)

    def drawn(self):
        """Wait until the scene shows the newest answer."""
        until = time.monotonic() + PATIENCE_S
        while self.marks().get("scene") != self.marks()["asked"]:
            assert time.monotonic() < until, (self.marks(), self.said)
            self.page.wait_for_timeout(50)

    def change(self, selector, value):
        before = int(self.marks()["asked"])
        self.page.locator(selector).first.fill(str(value))
        self.page.locator(selector).first.dispatch_event("change")
        return self.settled(before)

    def numbers(self):
        found = self.page.eval_on_selector_all(
            ".results data", "all => all.map((one) => [one.dataset.from, one.value, one.textContent])"
        )
        assert len(found) > 10
        return found

    def close(self, *expected):
        self.context.close()
        assert [url for url in self.asked if not url.startswith((self.address, "data:", "blob:"))] == []
        assert [line for line in self.said if not any(part in line for part in expected)] == []


@pytest.fixture(scope="module")
def shared(chromium, server):
    live = Live(chromium, server)
    yield live
    live.close()


@pytest.fixture
def live(shared):
    """The open page with its first settings."""
    before = int(shared.marks()["asked"])
    if shared.page.evaluate("location.hash") != f"#{SMALL}":
        shared.page.goto(f"{shared.address}#{SMALL}")
        shared.settled(before)
    return shared


def at(content, path):
    for key in path.split("."):
        content = content[int(key)] if isinstance(content, list) else content.get(key)
        if content is None:
            return None
    return content


def all_of(content, numbers):
    for path, value, text in numbers:
        expected = at(content, path)
        if expected is None:
            assert (value, text) == ("", "–"), path
        else:
            assert value == expected if isinstance(expected, str) else float(value) == expected, path


def test_the_commands_json_is_the_pages_numbers(live, run_here, tmp_path, monkeypatch):
    live.change("[data-slot='0'] [data-slides=length_mm]", 1.2)
    live.change("[data-slides=load_n]", 2.5)
    live.page.get_by_role("button", name="Copy command").click()
    copied = live.page.evaluate("navigator.clipboard.readText()")
    command = copied.strip().splitlines()[-1]
    assert command == live.page.locator("[data-command]").inner_text()
    monkeypatch.chdir(tmp_path)
    name, text = copied.split("cat > ")[1].split(" <<'TOML'\n", 1)
    (tmp_path / name).write_text(text.split("TOML\n")[0])
    words = shlex.split(command)
    assert words[:4] == ["dermaroll", "compare", "own-1.toml", "generic-0.5mm"]
    done = run_here(*words[1:], "--format", "json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert content["devices"][0]["inputs"]["device"]["length_mm"] == 1.2
    all_of(content, live.numbers())


def test_a_slider_moves_the_first_answer_and_the_rest_follows(live):
    before = int(live.marks()["asked"])
    live.page.locator("[data-slides=load_n]").fill("1.5")
    live.settled(before)
    whole = treat("mf-8", "cheek", Technique(passes=3, load_n=1.5), region="8x8")
    numbers = {path: value for path, value, _ in live.numbers()}
    assert float(numbers["devices.0.peak_depth_um.mean"]) == pytest.approx(whole["peak_depth_um_mean"], rel=1e-12)
    assert live.page.locator("[data-set=load_n]").input_value() == "1.5"
    marks = live.marks()
    assert marks["first"] == marks["rest"] == marks["asked"]


def test_by_keyboard_alone(live):
    first = live.page.locator("a, button, input, select, summary, [tabindex]").first
    assert first.get_attribute("href") == "#answer"
    first.focus()
    live.page.keyboard.press("Enter")
    assert live.page.evaluate("document.activeElement.id") == "answer"
    live.page.go_back()
    live.settled()
    slider = live.page.locator("[data-slides=passes]")
    slider.focus()
    before = int(live.marks()["asked"])
    live.page.keyboard.press("ArrowRight")
    live.settled(before)
    assert live.page.locator("[data-set=passes]").input_value() == "4"
    assert "4 passes" in live.page.locator("[data-subtitle]").inner_text()


def test_each_released_slider_is_one_step_of_the_history(live):
    start = live.page.evaluate("history.length")
    for value in (2, 4, 5):
        live.change("[data-slides=load_n]", value)
    assert live.page.evaluate("history.length") == start + 3
    before = int(live.marks()["asked"])
    live.page.go_back()
    live.settled(before)
    assert live.page.locator("[data-set=load_n]").input_value() == "4"


def test_a_link_holds_every_setting(live, chromium, server):
    live.change("[data-slot='1'] [data-slides=length_mm]", 0.8)
    live.change("[data-set=age_years]", 55)
    live.page.get_by_role("button", name="Copy link").click()
    link = live.page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link
    other = Live(chromium, server, settings=link.split("#")[1])
    assert other.numbers() == live.numbers()
    assert other.page.locator("[data-command]").inner_text() == live.page.locator("[data-command]").inner_text()
    other.close()


def test_the_report_is_saved_as_one_file(live, tmp_path):
    with live.page.expect_download(timeout=1000 * PATIENCE_S) as download:
        live.page.get_by_role("button", name="Save as report").click()
    target = tmp_path / download.value.suggested_filename
    download.value.save_as(target)
    text = target.read_text(encoding="utf-8")
    content = json.loads(text.split('id="result">')[1].split("</script>")[0])
    all_of(content, live.numbers())


def test_what_can_not_be_used_is_said_and_the_page_goes_on(live):
    live.page.locator("[data-set=load_n]").fill("77")
    error = live.page.locator("[data-error]")
    error.wait_for()
    assert "load_n = 77" in error.inner_text()
    assert "between 0 and 50 N" in error.inner_text()
    live.change("[data-set=load_n]", 3)
    assert not error.is_visible()
    live.said[:] = [line for line in live.said if "422" not in line]


def test_sessions_show_the_months(live):
    live.change("[data-set=sessions]", 3)
    course = live.page.locator("#months .drawn > svg")
    course.wait_for(timeout=1000 * PATIENCE_S)
    # What is out of sight is not laid out, and has no inner text.
    assert "3 sessions" in live.page.locator("#months .chart-key").text_content()
    assert (
        "dermaroll programme --device mf-8 --sessions 3 --every 28" in live.page.locator("[data-command]").inner_text()
    )


def test_rollers_are_added_and_taken_away(live):
    before = int(live.marks()["asked"])
    live.page.get_by_role("button", name="Add a device").click()
    before = live.settled(before)
    assert live.page.locator(".card").count() == 3
    live.page.locator("[data-slot='0']").get_by_text("Device 1").wait_for()
    live.page.locator("[data-slot='1'] [data-remove]").click()
    before = live.settled(before)
    assert live.page.locator(".card").count() == 2
    live.page.locator("[data-slot='1'] [data-remove]").click()
    live.settled(before)
    assert live.page.locator(".card").count() == 1
    assert "dermaroll coverage mf-8" in live.page.locator("[data-command]").inner_text()


def test_a_pen_has_its_own_fields_and_passes(live, run_here, tmp_path, monkeypatch):
    slot = live.page.locator("[data-slot='0']")
    assert not slot.locator("[data-set=stroke_mm]").is_visible()
    before = int(live.marks()["asked"])
    slot.locator("[data-device]").select_option("dermapen-md")
    live.settled(before)
    slot.get_by_text("Needles and what holds them").click()
    assert slot.locator("[data-set=stroke_mm]").is_visible()
    assert not slot.locator("[data-set=rows]").is_visible()
    assert live.page.locator("[data-set=passes]").input_value() == ""  # as usual with each device
    live.change("[data-set=drag_speed_mm_s]", 80)
    live.change("[data-slot='0'] [data-set=stroke_mm]", 2.5)
    assert "own-1.toml" in live.page.locator("[data-command]").inner_text()
    live.page.get_by_role("button", name="Copy command").click()
    copied = live.page.evaluate("navigator.clipboard.readText()")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own-1.toml").write_text(copied.split(" <<'TOML'\n", 1)[1].split("TOML\n")[0])
    words = shlex.split(copied.strip().splitlines()[-1])
    assert "--passes" not in words
    done = run_here(*words[1:], "--format", "json")
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout)
    assert [one["inputs"]["passes"] for one in content["devices"]] == [1, 16]
    all_of(content, live.numbers())


def test_the_scene_takes_every_answer(live):
    root = live.page.locator("#scene.is-live")
    root.wait_for()
    live.change("[data-slides=passes]", 6)
    live.drawn()
    assert live.page.locator("[data-pass-said]").inner_text() == "6 of 6"


COUNT_SHADERS = """
const link = WebGL2RenderingContext.prototype.linkProgram;
window.linked = 0;
WebGL2RenderingContext.prototype.linkProgram = function (program) {
  window.linked += 1;
  return link.call(this, program);
};
"""


def test_no_answer_makes_the_scene_link_its_shaders_anew(chromium, server):
    # Linking waits for every picture that is still being drawn: a second and more where the CPU draws them.
    live = Live(chromium, server)
    live.page.add_init_script(COUNT_SHADERS)
    live.page.reload()
    live.settled()
    live.page.locator("#scene.is-live").wait_for()
    drawn = live.page.evaluate("linked")
    for value in (2, 4):
        live.change("[data-slides=load_n]", value)
        live.drawn()
    assert drawn > 0
    assert live.page.evaluate("linked") == drawn
    live.close()


def test_a_zone_is_rolled_when_asked_for(chromium, server):
    live = Live(chromium, server)
    live.page.locator("[data-zone]").select_option("upper-lip")
    live.page.get_by_role("button", name="Roll this zone").click()
    live.page.locator("[data-zone-part] table").wait_for(timeout=1000 * PATIENCE_S)
    assert live.page.locator("[data-zone-state]").inner_text() == "Done."
    assert not live.page.locator("[data-zone-progress]").is_visible()
    commands = live.page.locator("[data-zone-command]").inner_text().splitlines()
    assert commands[0].startswith("dermaroll coverage mf-8 --surface face --zone upper-lip --passes 3")
    body = live.page.locator("#body.is-live")
    assert body.get_attribute("data-map") == "density_per_cm2"
    assert "upper lip" in body.locator("[data-zone-said]").inner_text()
    density = live.page.locator("[data-zone-part] data[data-from='0.figures.density_per_cm2']").get_attribute("value")
    assert f"mf-8: {float(density):.2g} channels per cm²" in body.locator("[data-zone-said]").inner_text()
    body.locator("[data-map]").select_option(index=1)
    assert body.get_attribute("data-map") != "density_per_cm2"
    live.close()


def test_without_webgl_the_rest_works(chromium, server):
    live = Live(chromium, server)
    live.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    live.page.reload()
    live.settled()
    assert live.page.locator(".scene-fallback").is_visible()
    for name in ("section-0", "map-0", "coverage-1"):
        assert live.page.locator(f"[data-chart={name}] > svg").is_visible()
    live.close()


@pytest.mark.parametrize(("width", "scheme"), [(400, "dark"), (1400, "light")])
def test_no_live_page_scrolls_sideways(chromium, server, width, scheme):
    size = {"width": width, "height": 900}
    live = Live(chromium, server, viewport=size, color_scheme=scheme)
    live.page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert live.page.evaluate("document.documentElement.scrollWidth") <= width
    live.close()


@pytest.mark.web
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_bars_anybodys_way(chromium, server, faults_of_access, scheme):
    live = Live(chromium, server, color_scheme=scheme)
    assert faults_of_access(live.page) == []
    live.close()
