// Lines and bars over one axis: coverage over depth, passes, hours, months. Bands: full where people and places differ,
// open where nobody knows.

import { answering, drawAxes, figure, finish, numbersOf, startChart, svg } from "./frame.js";

const NEAR_PX = 1.6; // lines this close all along lie on one another
const MARKS = ["M-3.4 0a3.4 3.4 0 1 0 6.8 0a3.4 3.4 0 1 0 -6.8 0", "M-3.2 -3.2h6.4v6.4h-6.4z", "M0 -4L4 3.2H-4z"];

export function drawLines(box, spec, { result }) {
  const chart = startChart(box, spec);
  const { area, x, y, plot, root } = chart;
  const upright = spec.along === "y"; // the numbers told lie on the axis across, the places on the one upwards
  drawAxes(chart, spec);
  const drawn = spec.series
    .map((series) => readSeries(series, spec, result))
    .filter((series) => series && series.values.some(Number.isFinite));
  const place = (value, along) => (upright ? [x.at(value), y.at(along)] : [x.at(along), y.at(value)]);
  drawn.forEach((series) => {
    series.points = series.values.map((value, number) => place(value, series.along[number]));
  });
  const twins = drawn.map((series, number) => drawn.findIndex((other, before) => before < number && liesOn(series, other, upright ? spec.x : spec.y)));

  for (const series of drawn) {
    if (series.low && series.high) {
      plot.append(svg("path", { class: "variability", d: band(series, place), fill: series.ink }));
    }
    if (series.unknownLow && series.unknownHigh) {
      for (const side of [series.unknownLow, series.unknownHigh]) {
        const points = side.map((value, number) => place(value, series.along[number]));
        plot.append(svg("path", { class: "uncertainty", d: path(points), stroke: series.ink }));
      }
    }
  }
  drawn.forEach((series, number) => {
    if (series.bars) {
      plot.append(svg("path", { class: "bars", d: barPath(series, x, y, spec), fill: series.ink }));
      return;
    }
    const dashed = series.dash || twins[number] >= 0;
    plot.append(
      svg("path", {
        class: "line",
        d: path(series.points),
        stroke: series.ink,
        "stroke-width": drawn.length > 1 && twins.includes(number) ? 4.2 : 2,
        ...(dashed ? { "stroke-dasharray": twins[number] >= 0 ? "4 8" : "6 4" } : {}),
      }),
    );
    if (series.mark !== undefined) {
      const every = Math.max(1, Math.round(series.points.length / 8));
      const own = MARKS[series.mark % MARKS.length];
      series.points.forEach(([left, up], at) => {
        if ((at + series.mark) % every === 0 && Number.isFinite(left + up)) {
          plot.append(svg("path", { d: own, transform: `translate(${left} ${up})`, fill: series.ink }));
        }
      });
    }
  });
  for (const tick of spec.ticks ?? []) {
    plot.append(svg("line", { class: "tick", x1: x.at(tick), x2: x.at(tick), y1: area.bottom - 9, y2: area.bottom }));
  }
  root.append(plot);

  const entries = drawn.map(({ ink, dash, label, bars }, number) => ({
    ink,
    dash: dash || twins[number] >= 0,
    kind: bars ? "box" : "line",
    words: twins[number] >= 0 ? `${label}, on ${drawn[twins[number]].label}` : label,
  }));
  if (drawn.some((series) => series.low)) entries.push({ ink: "var(--variability)", kind: "box", words: "people and places: 5 to 95 %" });
  if (drawn.some((series) => series.unknownLow)) entries.push({ ink: "currentColor", kind: "open", words: "what nobody knows: 5 to 95 %" });
  if (spec.ticks) entries.push({ ink: "currentColor", words: `${spec.ticks.length} sessions` });
  const tip = finish(chart, spec, entries, spec.legend);

  const longest = drawn.reduce((most, series) => (series.along.length > most.length ? series.along : most), []);
  const [axis, told] = upright ? [spec.y, spec.x] : [spec.x, spec.y];
  const scale = upright ? y : x;
  answering(chart, tip, {
    count: longest.length,
    nearest: (left, up) => closest(longest, scale.back(upright ? up : left)),
    tell: (point) => {
      const at = longest[point];
      const pixel = scale.at(at);
      const across = upright ? { x1: area.left, x2: area.right, y1: pixel, y2: pixel } : { x1: pixel, x2: pixel, y1: area.top, y2: area.bottom };
      const unit = (one) => (one.unit ? ` ${one.unit}` : "");
      const lines = drawn.map((series) => {
        const own = closest(series.along, at);
        const spread = series.low ? ` (${figure(series.low[own])} to ${figure(series.high[own])})` : "";
        return `${spec.legend ? `${spec.legend} ` : ""}${series.label}: ${figure(series.values[own])}${unit(told)}${spread}`;
      });
      return {
        x: upright ? (area.left + area.right) / 2 : pixel,
        y: upright ? pixel : (area.top + area.bottom) / 2,
        lines: [`${axis.label}: ${figure(at)}${unit(axis)}`, ...lines],
        mark: svg("line", { class: "pointed", ...across }),
      };
    },
  });
}

function readSeries(series, spec, result) {
  const read = (place) => numbersOf(place, result);
  const upright = spec.along === "y";
  const values = read(upright ? series.x : series.y);
  if (!values) return null;
  let along = read(upright ? series.y : series.x);
  if (series.bars) {
    const [from, to] = series.edges;
    const step = (to - from) / values.length;
    along = values.map((_, number) => from + (number + 0.5) * step);
  }
  if (!along) return null;
  const found = { ...series, values, along };
  found.low = read(series.low);
  found.high = read(series.high);
  found.unknownLow = read(series.unknown_low);
  found.unknownHigh = read(series.unknown_high);
  return found;
}

function path(points) {
  let text = "";
  let pen = "M";
  for (const [left, up] of points) {
    if (!Number.isFinite(left + up)) {
      pen = "M";
      continue;
    }
    text += `${pen}${left.toFixed(1)} ${up.toFixed(1)}`;
    pen = "L";
  }
  return text;
}

function band(series, place) {
  const side = (values) => values.map((value, number) => place(value, series.along[number])).filter(([a, b]) => Number.isFinite(a + b));
  const [there, back] = [side(series.low), side(series.high).reverse()];
  return there.length ? `${path(there)}${path(back).replace("M", "L")}Z` : "";
}

function barPath({ values, edges: [from, to] }, x, y, spec) {
  const step = (to - from) / values.length;
  const zero = x.at(spec.x.from);
  let text = "";
  values.forEach((value, number) => {
    if (!value) return;
    const [start, end] = [y.at(from + number * step), y.at(from + (number + 1) * step)];
    text += `M${zero} ${start.toFixed(1)}H${x.at(value).toFixed(1)}V${end.toFixed(1)}H${zero}Z`;
  });
  return text;
}

function liesOn(one, other, { from, to }) {
  const seen = (value) => value >= from && value <= to;
  if (one.bars || other.bars || one.points.length !== other.points.length) return false;
  const apart = one.points.map(([left, up], number) => Math.hypot(left - other.points[number][0], up - other.points[number][1]));
  // What both have beyond the edge of the chart says nothing of what is seen.
  const known = apart.filter((much, number) => Number.isFinite(much) && (seen(one.values[number]) || seen(other.values[number])));
  return known.length > 1 && known.filter((much) => much < NEAR_PX).length > 0.8 * known.length;
}

function closest(sorted, value) {
  let found = 0;
  sorted.forEach((one, number) => {
    if (Math.abs(one - value) < Math.abs(sorted[found] - value)) found = number;
  });
  return found;
}
