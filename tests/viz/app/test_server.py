"""The live page's server over real connections: answers, refusals, hostile bodies, and an end that leaves nothing."""

import json
import random
import socket
import sys
import time
from pathlib import Path

import pytest
from dermaroll.roller import Technique, compare, run_programme, treat
from dermaroll.roller.programme.plans import plain_series
from dermaroll.roller.zones.bodies import surface_of
from dermaroll.roller.zones.treating import treat as treat_on
from dermaroll.viz.page.form import FACE_ZONES

pytest.importorskip("fastapi")

SHORT_WAIT_S = 1.5  # as conftest.py has it
SMALL = {"region": "8x8", "depths_um": [0.0, 200.0, 400.0], "seed": 3}


def line_of(body):
    told = json.loads(body)
    assert set(told) == {"error"}
    assert told["error"]
    assert "\n" not in told["error"]
    return told["error"]


def test_it_says_where_it_is_in_one_line(server):
    assert f"http://127.0.0.1:{server.port}/" in server.said


def test_an_answer_is_the_json_of_the_command_line(server):
    region = {**SMALL}
    status, body, headers = server.ask("/api/treat", {"device": "c-8", "passes": 3, "load_n": 2.0, **SMALL})
    assert (status, headers["content-type"]) == (200, "application/json")
    assert json.loads(body) == json.loads(treat("c-8", "cheek", Technique(passes=3, load_n=2.0), **region).to_json())
    _, body, _ = server.ask("/api/compare", {"devices": ["c-8", "mf-8"], "passes": 2, "site": "forehead", **SMALL})
    expected = compare(["c-8", "mf-8"], "forehead", Technique(passes=2), **region)
    assert json.loads(body) == json.loads(expected.to_json())
    asked = {"device": "mf-8", "sessions": 2, "interval_days": 30, "passes": 2, **SMALL}
    _, body, _ = server.ask("/api/programme", asked)
    expected = run_programme("mf-8", "cheek", plain_series(2, 30.0), Technique(passes=2), **region)
    assert json.loads(body) == json.loads(expected.to_json())


@pytest.mark.long
def test_a_zone_of_the_face_says_how_far_it_is_and_then_its_figures(server):
    asked = {"devices": ["mf-8", "generic-0.5mm"], "zone": "upper-lip", "passes": 1, "seed": 3}
    status, body, _ = server.ask("/api/zone", asked)
    *progress, found = [json.loads(line) for line in body.splitlines()]
    assert status == 200
    assert {one["of"] for one in progress} == {2}
    assert [one["done"] for one in progress] == sorted(one["done"] for one in progress)
    whole = treat_on("mf-8", None, Technique(passes=1), surface="face", zones=["upper-lip"], seed=3)
    figures = found["devices"][0]["figures"]
    for name in ("density_per_cm2", "peak_depth_um_mean", "surface_coverage", "largest_gap_mm"):
        assert figures[name] == whole.treatments[0][name]
    assert figures["untouched_share"] == whole.zones[0].untouched_share[-1]
    line = "dermaroll coverage mf-8 --surface face --zone upper-lip --passes 1 --seed 3"
    assert found["command"].splitlines()[0] == line


def test_the_zones_offered_are_those_of_the_face():
    assert sorted(FACE_ZONES) == sorted(zone.name for zone in surface_of("face").zones)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"zone": "../etc"}, "zone = '../etc'"),
        ({"zone": "nose", "region": "8x8"}, "region"),
        ({"zone": "nose", "devices": ["none-such"]}, "device = 'none-such'"),
    ],
)
def test_what_no_zone_can_be_asked_is_one_line(server, more, told):
    _, body, _ = server.ask("/api/zone", {"devices": ["mf-8"]} | more)
    assert told in line_of(body.splitlines()[-1])


def test_a_zone_comes_with_its_figures_and_its_map_for_every_kind_of_device(server):
    devices = ["c-8", "dermapen-md"]
    _, body, _ = server.ask("/api/zone", {"devices": devices, "zone": "upper-lip", "depths_um": [0.0]})
    told = json.loads(body.splitlines()[-1])
    assert [one["device"] for one in told["devices"]] == told["map"]["devices"] == devices
    for one, shown in zip(told["devices"], told["result"]["devices"], strict=True):
        (zone,) = shown["zones"]
        assert zone["zone"] == one["zone"] == "upper-lip"
        for name in ("density_per_cm2", "surface_coverage", "peak_depth_um_mean", "untouched_share"):
            assert zone[name] == one["figures"][name]
    assert all(len(one["values"]) == len(devices) for one in told["map"]["maps"])
    assert 'id="body"' in told["html"]


def test_pens_and_stamps_beside_rollers_each_have_their_own(server):
    devices = ["mf-8", "dermapen-md", "generic-stamp-0.5mm"]
    asked = {"devices": devices, "drag_speed_mm_s": 90.0, "load_n": 12.0}
    _, body, _ = server.ask("/api/compare", asked | SMALL)
    told = Technique(drag_speed_mm_s=90.0, load_n=12.0)
    assert json.loads(body) == json.loads(compare(devices, "cheek", told, **SMALL).to_json())
    status, body, _ = server.ask("/api/treat", {"device": "mf-8", "drag_speed_mm_s": 90.0})
    assert status == 422
    assert "drag_speed_mm_s = 90.0" in line_of(body)


def test_some_figures_are_those_of_the_whole_answer(server):
    asked = {"device": "c-8", "passes": 3, **SMALL}
    whole, part = (
        json.loads(server.ask("/api/treat", asked | more)[1])
        for more in ({}, {"figures": ["density_per_cm2", "surface_coverage"]})
    )
    assert part["density_per_cm2"] == whole["density_per_cm2"]
    assert part["surface_coverage"] == whole["surface_coverage"]
    assert "largest_gap_mm" not in part


def test_openapi_describes_what_is_taken(server):
    status, body, _ = server.ask("/api/openapi.json", method="GET")
    described = json.loads(body)
    schema = described["paths"]["/api/treat"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert status == 200
    assert set(Technique.model_fields) < set(schema["properties"])
    assert (schema["properties"]["load_n"]["minimum"], schema["properties"]["load_n"]["maximum"]) == (0, 50)
    assert server.ask("/docs", method="GET")[0] == server.ask("/redoc", method="GET")[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        ("treat", {}, "device is missing"),
        ("treat", {"device": "mf-8", "passes": "3"}, "passes = '3'"),
        ("treat", {"device": "mf-8", "load_n": 1e308}, "between 0 and 50 N"),
        ("treat", {"device": "mf-8", "load_n": True}, "load_n = True"),
        ("treat", '{"device": "mf-8", "load_n": NaN}', "NaN is no number"),
        ("treat", '{"device": "mf-8", "load_n": 1e999}', "load_n = inf"),
        ("treat", '{"device": "mf-8", "device": "c-8"}', "twice"),
        ("treat", {"device": "mf-8", "colour": "red"}, "colour is not a known key"),
        ("treat", {"device": "mf-8.toml"}, "device = 'mf-8.toml'"),
        ("treat", {"device": "/etc/passwd"}, "device = '/etc/passwd'"),
        ("treat", {"device": "mf-8", "site": "/tmp/own.toml"}, "site = '/tmp/own.toml'"),
        ("treat", {"device": "mf-8", "active": "own.toml"}, "active = 'own.toml'"),
        ("treat", {"device": {"name": "x"}}, "device.title is missing"),
        ("treat", {"device": "mf-8", "figures": ["nothing"]}, "figures = 'nothing'"),
        ("treat", {"device": "mf-8", "region": "0x0"}, "region"),
        ("treat", {"device": "mf-8", "region": "200x200", "passes": 200}, "contacts"),
        ("treat", {"device": "mf-8", "replicates": 10_000}, "between 1 and 100"),
        ("treat", {"device": "mf-8", "depths_um": [0.0] * 501}, "depths_um"),
        ("treat", {"device": "mf-8", "pattern": "one-way", "lift": False}, "lift = False"),
        ("compare", {"devices": ["mf-8"]}, "devices"),
        ("compare", {"devices": "mf-8"}, "devices"),
        ("programme", {"device": "mf-8"}, "an indication, or both"),
        ("programme", {"device": "mf-8", "sessions": 1000, "interval_days": 1}, "between 1 and 60"),
        ("treat", "[" * 60_000, "JSON"),
        ("treat", '{"a":' * 5_000 + "1" + "}" * 5_000, ""),
        ("treat", b"\xff\xfe", "UTF-8"),
        ("treat", "", "JSON"),
        ("treat", "[]", "one JSON object"),
        ("treat", '{"device": "\\ud800"}', "text"),
        ("treat", '{"\\ud800": 1}', ""),
        ("treat", '{"device": ' + "9" * 50_000 + "}", ""),
    ],
)
def test_bad_input_is_one_line(server, path, body, told):
    status, answer, _ = server.ask(f"/api/{path}", body)
    assert status == 422
    assert told in line_of(answer)


def test_who_may_ask(server):
    asked = {"device": "c-8", "passes": 1, "figures": ["density_per_cm2"], **SMALL}
    own = f"127.0.0.1:{server.port}"
    assert server.ask("/api/treat", asked, Origin=f"http://{own}")[0] == 200
    assert server.ask("/api/treat", asked, Host=f"localhost:{server.port}")[0] == 200
    for headers in (
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"https://{own}"},
        {"Sec_Fetch_Site": "cross-site"},
    ):
        status, answer, _ = server.ask("/api/treat", asked, **headers)
        assert status == 403, headers
        line_of(answer)
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        assert server.ask("/api/treat", asked, Content_Type=kind)[0] == 415
    status, answer, _ = server.ask("/api/treat", b'{"device": "' + b"x" * 70_000 + b'"}')
    assert status == 413
    line_of(answer)
    assert server.ask("/api/treat", method="GET")[0] == 405
    assert server.ask("/../../etc/passwd", method="GET")[0] == 404


def test_every_answer_carries_the_browsers_orders(server):
    for path, method in (("/api/openapi.json", "GET"), ("/nothing", "GET"), ("/api/treat", "POST")):
        headers = {name.lower(): value for name, value in server.ask(path, "{}", method)[2].items()}
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers


def test_half_and_slow_requests_are_closed(server):
    head = f"POST /api/treat HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: application/json\r\n"
    said = [b"", b"GET / HT", (head + "Content-Length: 100\r\n\r\n{").encode()]
    for half in said:
        with socket.create_connection(("127.0.0.1", server.port), timeout=20 * SHORT_WAIT_S) as one:
            one.sendall(half)
            assert one.recv(1000) == b"", half
    with socket.create_connection(("127.0.0.1", server.port), timeout=20 * SHORT_WAIT_S) as slow:
        sent = 0
        try:
            for letter in head * 20:
                slow.sendall(letter.encode())
                sent += 1
                time.sleep(0.05)
        except OSError:  # closed or reset, as the system has it
            pass
        assert sent < len(head * 20)
    assert server.ask("/api/openapi.json", method="GET")[0] == 200


def hostile(draws):
    """A body that nobody should send."""
    odd = [None, True, -1, 0, 1e308, -1e308, 2**70, "", "x", "\x00", "mf-8", "../../x.toml", [], {}, [[]], "9" * 200]
    keys = ["device", "devices", "site", "region", "passes", "load_n", "pattern", "figures", "seed", "depths_um"]
    keys += ["replicates", "active", "serum", "sex", "age_years", "__proto__", "", "\ud83d", "a" * 300]

    def value(level=0):
        pick = draws.random()
        if pick < 0.1 and level < 30:
            return [value(level + 1) for _ in range(draws.randrange(4))]
        if pick < 0.2 and level < 30:
            return {draws.choice(keys): value(level + 1) for _ in range(draws.randrange(4))}
        return draws.choice(odd)

    match draws.randrange(8):
        case 0:
            return bytes(draws.randrange(256) for _ in range(draws.randrange(300)))
        case 1:
            return ("[" * draws.randrange(20_000)).encode()
        case 2:
            return json.dumps({"device": "mf-8", "load_n": 0})[: draws.randrange(30)].encode()
        case 3:
            return json.dumps({"device": "mf-8", "figures": ["x"] * draws.randrange(8_000)}).encode()
        case 4:
            return b'{"device": "mf-8", "load_n": ' + draws.choice([b"NaN", b"-Infinity", b"1e400", b"01"]) + b"}"
        case 5:
            return json.dumps({"device": "mf-8", draws.choice(keys[3:]): value()} | {"no such key": 1}).encode()
        case 6:
            return json.dumps(value()).encode()
        case _:
            return json.dumps({draws.choice(keys): value() for _ in range(draws.randrange(1, 9))}).encode()


def test_two_thousand_hostile_bodies_leave_it_answering(server):
    draws = random.Random(20)
    for _ in range(2000):
        path = draws.choice(["treat", "compare", "programme"])
        body = hostile(draws)
        kind = "application/json" if draws.random() < 0.95 else "text/plain"
        status, answer, _ = server.ask(f"/api/{path}", body, Content_Type=kind)
        assert 400 <= status < 500, (path, body[:300], answer[:300])
        line_of(answer)
    asked = {"device": "c-8", "passes": 1, "figures": ["density_per_cm2"], **SMALL}
    assert server.ask("/api/treat", asked)[0] == 200


def test_an_elder_request_is_told_so(server):
    asked = {"device": "c-8", "passes": 1, "figures": ["density_per_cm2"], **SMALL}
    assert server.ask("/api/treat", asked, dermaroll_client="one", dermaroll_number="7")[0] == 200
    assert server.ask("/api/treat", asked, dermaroll_client="one", dermaroll_number="6")[0] == 409
    assert server.ask("/api/treat", asked, dermaroll_client="two", dermaroll_number="1")[0] == 200
    assert server.ask("/api/treat", asked, dermaroll_client="x" * 65)[0] == 422
    assert server.ask("/api/treat", asked, dermaroll_number="-1")[0] == 422


def descendants(parent):
    """Ids of all processes under one."""
    parents = {}
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(status.parent.name)] = int(status.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found, level = set(), {parent}
    while level:
        level = {child for child, above in parents.items() if above in level}
        found |= level
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads /proc")
def test_a_token_opens_and_ctrl_c_leaves_no_process(tmp_path, start_server):
    token = "abcdef0123456789"
    running = start_server(tmp_path, token)
    assert f"?token={token}" in running.said
    assert running.ask("/api/openapi.json", method="GET")[0] == 401
    assert running.ask("/api/openapi.json?token=wrong", method="GET")[0] == 401
    assert running.ask(f"/api/openapi.json?token={token}", method="GET")[0] == 200
    assert running.ask("/api/openapi.json", method="GET", dermaroll_token=token)[0] == 200
    below = descendants(running.process.pid)
    assert below
    assert running.end() == ""
    assert running.process.returncode == 0
    waited = time.monotonic() + 10
    while any(Path(f"/proc/{one}").exists() for one in below):
        assert time.monotonic() < waited, "a process is left"
        time.sleep(0.05)


def test_what_can_not_be_opened_is_said_in_one_line(server, run_here):
    for words, told in (
        (["--port", server.port], f"port = {server.port}"),
        (["--port", "0"], "between 1 and 65535"),
        (["--host", "0.0.0.0"], "token"),
        (["--host", "0.0.0.0", "--token", "short"], "16 or more"),
    ):
        done = run_here("app", "--no-browser", *words)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert told in done.stderr


def test_a_missing_extra_is_one_line(run_here, monkeypatch):
    for name in [name for name in sys.modules if name.startswith(("fastapi", "dermaroll.viz.app"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "fastapi", None)
    done = run_here("app", "--no-browser")
    assert done.returncode == 2
    assert "pip install 'dermaroll[app]'" in done.stderr
