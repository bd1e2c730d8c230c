"""Area of a union of discs, side by side with its peers, and the model around it, in one run on one machine.

    python scripts/benchmark.py [--size 1e4 1e5 1e6] [--tiled 1e6 1e7] [--frames] [-o FILE.json]

Every figure is taken in a process of its own; times are medians, memory is what the task added to the peak.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import platform
import resource
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import manifold3d
import numpy as np
import shapely
from dermaroll.data.catalog import device, sites
from dermaroll.geometry.union.discs import union_area, union_area_table, union_area_tiled
from dermaroll.roller import Technique, run_programme, treat
from dermaroll.roller.insertion.balance import balance_drums
from dermaroll.roller.programme.plans import Plan, Session
from dermaroll.roller.treatment import replicate as figures
from dermaroll.roller.treatment.not_known import depths_of_members
from scipy.spatial import cKDTree

PER_MM2 = 3.0  # 300 channels per cm2
TOO_LONG_S = 60.0
PIXEL_MM = 0.01
SIDES_A_QUARTER = 16  # 64-gons, 0.15 % low


def needle(distance: np.ndarray) -> np.ndarray:
    """Radius of a 1.5 mm needle at a distance from its tip: tip radius 4 um, cone half-angle 5.2 degrees."""
    tip, angle = 0.004, np.radians(5.2)
    cone_begins = tip * (1 - np.sin(angle))
    ball = np.sqrt(np.maximum(distance * (2 * tip - distance), 0))
    cone = tip * np.cos(angle) + (distance - cone_begins) * np.tan(angle)
    return np.where(distance < cone_begins, ball, cone) * (distance > 0)


def channels(n: int, side: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Places (n, 2) and tip depths (n,) of channels; at 300 per cm2 unless the field is given."""
    rng = np.random.default_rng(n)
    side = np.sqrt(n / PER_MM2) if side is None else side
    return rng.uniform(0, side, (n, 2)), np.clip(rng.normal(0.85, 0.15, n), 0, 1.5)


def floor(centers: np.ndarray, radii: np.ndarray) -> None:
    """One neighbour search and nothing else: what an exact method can't do without."""
    cKDTree(centers).query_pairs(2 * radii.max(), output_type="ndarray")


def by_union_all(centers: np.ndarray, radii: np.ndarray) -> float:
    """Buffers, then shapely's general union."""
    return float(shapely.union_all(shapely.buffer(shapely.points(centers), radii, quad_segs=SIDES_A_QUARTER)).area)


def by_disjoint_subsets(centers: np.ndarray, radii: np.ndarray) -> float:
    """Buffers, then shapely's union of groups that do not meet."""
    discs = shapely.buffer(shapely.points(centers), radii, quad_segs=SIDES_A_QUARTER)
    return float(shapely.disjoint_subset_union_all(discs).area)


def by_manifold(centers: np.ndarray, radii: np.ndarray) -> float:
    """Union of polygons by manifold3d."""
    turn = np.linspace(0, 2 * np.pi, 4 * SIDES_A_QUARTER, endpoint=False)
    circle = np.column_stack((np.cos(turn), np.sin(turn)))
    polygons = list(centers[:, None] + radii[:, None, None] * circle)
    return float(manifold3d.CrossSection(polygons, manifold3d.FillRule.Positive).area())


def by_raster(centers: np.ndarray, radii: np.ndarray) -> float:
    """Pixels of 10 um whose middle a disc covers."""
    low = centers.min(axis=0) - radii.max()
    shape = np.ceil((centers.max(axis=0) + radii.max() - low) / PIXEL_MM).astype(int) + 1
    if shape.prod() > 1e9:
        raise MemoryError("more than 1 GB of pixels")
    covered = np.zeros(shape, dtype=bool)
    for center, radius in zip((centers - low) / PIXEL_MM, radii / PIXEL_MM, strict=True):
        a, b = np.maximum((center - radius).astype(int), 0), (center + radius).astype(int) + 1
        x, y = np.arange(a[0], b[0]) + 0.5 - center[0], np.arange(a[1], b[1]) + 0.5 - center[1]
        covered[a[0] : b[0], a[1] : b[1]] |= x[:, None] ** 2 + y**2 < radius**2
    return float(np.count_nonzero(covered) * PIXEL_MM**2)


def by_long_double(centers: np.ndarray, radii: np.ndarray) -> float:
    """The same area disc by disc in 80-bit arithmetic: uncovered arcs of each circle from sorted ends."""
    wide = np.longdouble
    points, sizes = centers.astype(wide) - centers.mean(axis=0).astype(wide), radii.astype(wide)
    pi = 4 * np.arctan(wide(1))
    pairs = cKDTree(centers).query_pairs(2 * radii.max(), output_type="ndarray")
    pairs = pairs[np.hypot(*(centers[pairs[:, 0]] - centers[pairs[:, 1]]).T) < radii[pairs].sum(axis=1)]
    both = np.concatenate((pairs, pairs[:, ::-1]))
    both = both[np.argsort(both[:, 0], kind="stable")]
    lonely = np.ones(len(radii), dtype=bool)
    lonely[both[:, 0]] = False
    total = np.sum(pi * sizes[lonely] ** 2)
    for group in np.split(both, np.flatnonzero(np.diff(both[:, 0])) + 1) if len(both) else []:
        i, j = group[0, 0], group[:, 1]
        (dx, dy), a, b = (points[j] - points[i]).T, sizes[i], sizes[j]
        d = np.sqrt(dx * dx + dy * dy)
        if np.any(b - a >= d):
            continue
        dx, dy, d, b = (v[a - b < d] for v in (dx, dy, d, b))
        half = np.arccos((d * d + a * a - b * b) / (2 * d * a))
        low = np.mod(np.arctan2(dy, dx) - half, 2 * pi)
        high = low + 2 * half
        over = high > 2 * pi
        low = np.concatenate((low, np.zeros(over.sum(), wide)))
        high = np.concatenate((np.minimum(high, 2 * pi), high[over] - 2 * pi))
        order = np.argsort(low)
        reached = np.maximum.accumulate(np.concatenate(([wide(0)], high[order])))
        ahead = np.concatenate((low[order], [2 * pi]))
        begin, end = reached[ahead > reached], ahead[ahead > reached]
        x, y = points[i]
        chord = x * (np.sin(end) - np.sin(begin)) - y * (np.cos(end) - np.cos(begin))
        total += np.sum(a * a * (end - begin) + a * chord) / 2
    return float(total)


def measure(task: Callable[..., Any], *arguments: Any, repeats: int = 5) -> dict[str, Any]:
    """Median time, added peak memory and value of a task, in a forked process."""
    receiver, sender = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_timed, args=(sender, task, arguments, repeats))
    process.start()
    sender.close()
    try:
        result: dict[str, Any] = receiver.recv()
    except EOFError:
        result = {"skipped": "the process died"}
    process.join()
    return result


def _timed(sender: Any, task: Callable[..., Any], arguments: tuple[Any, ...], repeats: int) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times: list[float] = []
    try:
        while len(times) < repeats and sum(times) < TOO_LONG_S / 2:
            start = time.perf_counter()
            value = task(*arguments)
            times.append(time.perf_counter() - start)
    except MemoryError as error:
        sender.send({"skipped": str(error)})
        return
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024  # Linux counts in KiB
    sender.send({"seconds": statistics.median(times), "runs": len(times), "memory_mb": added, "value": value})


PEERS: dict[str, Callable[[np.ndarray, np.ndarray], float | None]] = {
    "dermaroll": union_area,
    "one neighbour search": floor,
    "shapely disjoint_subset_union_all": by_disjoint_subsets,
    "shapely union_all": by_union_all,
    "manifold3d CrossSection": by_manifold,
    "raster 10 um": by_raster,
}


def single_areas(sizes: list[int]) -> list[dict[str, Any]]:
    """One area at each size, by everyone who can do it within a minute."""
    rows: list[dict[str, Any]] = []
    seconds_a_disc: dict[str, float] = {}
    for n in sizes:
        centers, depths = channels(n)
        radii = needle(depths)
        exact = by_long_double(centers, radii)
        for name, task in PEERS.items():
            row: dict[str, Any] = {"discs": n, "method": name}
            if seconds_a_disc.get(name, 0.0) * n > TOO_LONG_S:
                row["skipped"] = f"would take over {TOO_LONG_S:.0f} s"
            else:
                row |= measure(task, centers, radii)
            if "seconds" in row:
                seconds_a_disc[name] = row["seconds"] / n
                row["relative_error"] = None if row["value"] is None else row["value"] / exact - 1
            rows.append(row)
        ours = next(row["seconds"] for row in rows if row["discs"] == n and row["method"] == "dermaroll")
        for row in rows[-len(PEERS) :]:
            if "seconds" in row:
                row["ratio"] = row["seconds"] / ours
    return rows


def table_of_depths(n: int = 100_000, n_passes: int = 20, depths: int = 64) -> dict[str, Any]:
    """All passes and depths against one neighbour search."""
    centers, tips = channels(n)
    passes = np.random.default_rng(1).integers(1, n_passes + 1, n)
    radii = needle(tips - np.linspace(0, 1.5, depths)[:, None])
    table = measure(union_area_table, centers, passes, radii)
    search = measure(floor, centers, radii[0])
    return {
        "discs": n,
        "passes": n_passes,
        "depths": depths,
        "seconds": table["seconds"],
        "memory_mb": table["memory_mb"],
        "neighbour_search_seconds": search["seconds"],
        "ratio_to_neighbour_search": table["seconds"] / search["seconds"],
    }


def buried(n: int = 100_000) -> dict[str, Any]:
    """All discs thrown into 1 mm2, against the plain field of as many."""
    thrown, depths = channels(n, side=1.0)
    plain, _ = channels(n)
    radii = needle(depths)
    crowd, field = measure(union_area, thrown, radii), measure(union_area, plain, radii)
    return {
        "discs": n,
        "seconds": crowd["seconds"],
        "memory_mb": crowd["memory_mb"],
        "plain_seconds": field["seconds"],
        "ratio_to_plain": crowd["seconds"] / field["seconds"],
    }


def tiled(sizes: list[int]) -> list[dict[str, Any]]:
    """Growth of time and memory of the tiled table: 16 passes, 8 depths, clipped to a window."""
    rows: list[dict[str, Any]] = []
    for n in sizes:
        centers, tips = channels(n)
        passes = np.random.default_rng(1).integers(1, 17, n)
        edge = np.sqrt(n / PER_MM2) - 1
        window = shapely.box(1, 1, edge, edge)
        arguments = (centers, passes, tips, needle, np.linspace(0, 1.05, 8), window)
        row = measure(union_area_tiled, *arguments, repeats=3)
        row.pop("value", None)
        row |= {"channels": n, "bytes_per_channel": row["memory_mb"] * 2**20 / n}
        row["time_ratio"] = row["seconds"] / rows[-1]["seconds"] if rows else None
        rows.append(row)
    return rows


def treatments() -> dict[str, float]:
    """The model around the core: a treatment over its coverage and gaps, a year's programme over a treatment."""
    demo = Technique(passes=16)
    face, technique = shapely.box(0, 0, 182, 182), Technique(passes=20)  # 1e5 channels
    year = Plan(session=tuple(Session(day=30 * number) for number in range(6)))
    result = {
        "demo_over_core": _over_core(lambda: treat("mf-8", "cheek", demo), repeats=9),
        "uncertainty_over_none": _with_over_without(demo),
        "1e5_channels_over_core": _over_core(lambda: treat("mf-8", "cheek", technique, region=face), repeats=3),
    }
    alone = measure(treat, "mf-8", "cheek", demo, repeats=7)["seconds"]
    course = measure(_programme, year, repeats=7)["seconds"]
    drums = [device(name) for name in ("cit-8", "generic-1mm", "mf-8", "generic-2mm", "generic-3mm")]
    skins, loads, phases = list(sites().values())[:10], np.linspace(0.1, 6, 50), np.linspace(0, 1, 40, endpoint=False)
    start = time.perf_counter()
    balance = balance_drums(drums, loads, skins, phases)
    balanced = time.perf_counter() - start
    engaged = np.ones((balance.engaged.size, int(np.ceil(balance.engaged.mean()))))
    result["programme_over_treatment"] = course / alone
    result["1e5_equilibria_over_one_exp"] = balanced / measure(np.exp, engaged)["seconds"]
    return result


def kinds(repeats: int = 3) -> dict[str, float]:
    """CPU seconds a channel of pens and stamps over those of a roller with as many channels; least of some runs."""
    cases = {
        "pen_88_mm_s": ("dermapen-md", Technique(drag_speed_mm_s=88.0)),
        "pen_4_passes_200_mm_s": ("exceed", Technique(passes=4, drag_speed_mm_s=200.0)),
        "pen_20_mm_s": ("dermapen-md", Technique()),
        "pen_20_mm_s_of_6_needles": ("exceed", Technique()),
        "stamp": ("generic-stamp-1.5mm", Technique()),
        "stamp_12_n": ("generic-stamp-1.5mm", Technique(load_n=12.0)),
    }
    found = {}
    for name, (plate, how) in cases.items():
        made = treat(plate, "cheek", how, figures=["density_per_cm2"])["density_per_cm2"]
        alike = Technique(passes=round(made / 15.3))  # of the standard roller, with its drum on the skin
        both = [(_cpu_a_channel(plate, how), _cpu_a_channel("mf-8", alike)) for _ in range(repeats)]
        found[name] = min(ours for ours, _ in both) / min(theirs for _, theirs in both)
    return found


def _cpu_a_channel(name: str, how: Technique) -> float:
    start = time.process_time()
    made = treat(name, "cheek", how, seed=1, uncertainty=False)["density_per_cm2"]
    return (time.process_time() - start) / made


def _with_over_without(technique: Technique, repeats: int = 9) -> float:
    """Least time of a treatment with the bands of what nobody knows over that without, nothing kept between."""

    def seconds(uncertainty: bool) -> float:  # noqa: FBT001
        depths_of_members.cache_clear()
        start = time.perf_counter()
        treat("mf-8", "cheek", technique, uncertainty=uncertainty)
        return time.perf_counter() - start

    both = [(seconds(uncertainty=True), seconds(uncertainty=False)) for _ in range(repeats)]
    return min(whole for whole, _ in both) / min(bare for _, bare in both)


def _programme(plan: Plan) -> None:
    run_programme("mf-8", "cheek", plan, Technique(passes=16), active="ascorbic-acid")


def _over_core(work: Callable[[], Any], repeats: int) -> float:
    """Median of the time of a treatment over that of its coverage and its gaps, taken within the same runs."""
    ratios = []
    for _ in range(repeats):
        core = 0.0

        def timed(function: Callable[..., Any]) -> Callable[..., Any]:
            def run(*arguments: Any) -> Any:
                nonlocal core
                start = time.perf_counter()
                value = function(*arguments)
                core += time.perf_counter() - start
                return value

            return run

        with mock.patch.multiple(figures, coverage=timed(figures.coverage), find_gaps=timed(figures.find_gaps)):
            start = time.perf_counter()
            work()
            ratios.append((time.perf_counter() - start) / core)
    return statistics.median(ratios)


def frames(size: tuple[int, int] = (1200, 900), turns: int = 10) -> dict[str, float]:
    """Pictures per second of the inspector while the scene turns, with 50,000 channels; by whatever renders here."""
    from dermaroll.viz.window.opening import build_inspector

    side = shapely.box(-72.5, -72.5, 72.5, 72.5)
    treated = treat("mf-8", "cheek", Technique(passes=16), region=side, depths_um=[0.0], seed=1)
    window = build_inspector([treated], size=size, off_screen=True)
    window.plotter.show(auto_close=False, interactive=False)
    found = {"channels": float(window.panes[0].order.size)}
    for name, change in (("whole_skin_per_s", ()), ("all_bodies_per_s", ("stratum_corneum",))):
        for part in change:
            window.toggle(part)
        window.plotter.render()
        start = time.perf_counter()
        for _ in range(turns):
            window.plotter.camera.azimuth += 7
            window.plotter.render()
            window.plotter.render_window.WaitForCompletion()
        found[name] = turns / (time.perf_counter() - start)
    start = time.perf_counter()
    window.slide_pass(8)
    found["pass_change_over_a_picture"] = (time.perf_counter() - start) * found["all_bodies_per_s"]
    window.plotter.close()
    return found | rolling_frames(size, turns)


def rolling_frames(size: tuple[int, int], turns: int) -> dict[str, float]:
    """Pictures per second while 192 needles roll over 20 x 20 mm of skin that dimples under each."""
    from dermaroll.viz.scene.view import rolling
    from dermaroll.viz.window.opening import build_inspector

    window = build_inspector([treat("mf-8", "cheek", Technique(passes=4), seed=1)], size=size, off_screen=True)
    window.plotter.show(auto_close=False, interactive=False)
    paths = [rolling(window.panes[0].made, 1)]
    window.show_rolling(paths, 0.3)
    start, work = time.perf_counter(), time.process_time()
    for turn in range(turns):
        window.show_rolling(paths, 0.3 + 0.4 * turn / turns)
        window.plotter.render_window.WaitForCompletion()
    found = {
        "rolling_with_dimples_per_s": turns / (time.perf_counter() - start),
        "rolling_with_dimples_cpu_s": (time.process_time() - work) / turns,
    }
    window.plotter.close()
    return found


def show(result: dict[str, Any]) -> None:
    """Print the tables."""
    print("  ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"\n{'discs':>9}  {'method':<34}{'median s':>10}{'ratio':>9}{'rel. error':>12}{'peak MB':>9}")
    for row in result["single"]:
        start = f"{row['discs']:>9}  {row['method']:<34}"
        if "skipped" in row:
            print(f"{start}  skipped: {row['skipped']}")
            continue
        error = "-" if row["relative_error"] is None else f"{row['relative_error']:.1e}"
        print(f"{start}{row['seconds']:>10.4f}{row['ratio']:>9.2f}{error:>12}{row['memory_mb']:>9.0f}")
    for name in ("table", "buried", "treatments", "kinds", *(["frames"] if "frames" in result else [])):
        print(f"\n{name}: " + ", ".join(f"{key} {value:.4g}" for key, value in result[name].items()))
    print()
    for row in result["tiled"]:
        growth = "" if row["time_ratio"] is None else f", {row['time_ratio']:.2f} times the row above"
        print(
            f"tiled: {row['channels']:>9} channels {row['seconds']:8.2f} s, "
            f"{row['bytes_per_channel']:.0f} bytes a channel{growth}"
        )


def main() -> None:
    """Run all sections and write what was asked for."""
    parser = argparse.ArgumentParser(description="Area of a union of discs, side by side with its peers.")
    parser.add_argument("--size", type=float, nargs="*", default=[1e4, 1e5, 1e6], help="discs for one area")
    parser.add_argument("--tiled", type=float, nargs="*", default=[1e6, 1e7], help="channels for the tiled table")
    parser.add_argument("--frames", action="store_true", help="also the inspector's pictures per second (needs GL)")
    parser.add_argument("-o", "--output", type=Path, help="JSON file")
    options = parser.parse_args()
    packages = ("numpy", "scipy", "shapely", "manifold3d")
    result: dict[str, Any] = {
        "versions": {"python": platform.python_version()} | {name: version(name) for name in packages},
        "single": single_areas([int(n) for n in sorted(options.size)]),
        "table": table_of_depths(),
        "buried": buried(),
        "treatments": treatments(),
        "kinds": kinds(),
        "tiled": tiled([int(n) for n in sorted(options.tiled)]),
    }
    if options.frames:
        result["frames"] = frames()
    show(result)
    if options.output is not None:
        options.output.write_text(json.dumps(result, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
