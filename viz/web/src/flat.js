// The map: every channel of the region from above. Dots of one depth are one path, so that thousands cost little.

import { answering, drawAxes, figure, finish, startChart, svg } from "./frame.js";
import { halfWidthMm } from "./needle.js";

const SHADES = 24; // of the scale of depth
const LEAST_DOT_PX = 1.5;
const REACH_PX = 12;

export function drawMap(box, spec, { scene }) {
  const device = scene.devices[spec.device];
  const [left, near, right, far] = spec.bounds;
  const axis = (from, to) => ({ label: "", unit: "mm", from, to });
  const drawn = { ...spec, x: axis(left, right), y: axis(near, far) };
  const chart = startChart(box, drawn, { square: Math.min(2, (far - near) / (right - left)) });
  const { root, plot, x, y, clip } = chart;
  const outline = spec.rings.map((ring) => `M${ring.map(([a, b]) => `${x.at(a).toFixed(1)} ${y.at(b).toFixed(1)}`).join("L")}Z`).join("");
  const region = svg("clipPath", { id: `${clip}-region` });
  region.append(svg("path", { d: outline, "clip-rule": "evenodd" }));
  root.firstChild.append(region);
  root.append(svg("path", { class: "region", d: outline, fill: spec.skin, "fill-rule": "evenodd" }));

  const { channels, needle } = device;
  const deepest = scene.depths_mm[1];
  const perMm = Math.abs(x.at(right) - x.at(left)) / (right - left);
  const paths = Array.from({ length: SHADES }, () => ({ text: "", width: 0, count: 0 }));
  for (let at = 0; at < channels.count; at += 1) {
    const share = Math.min(channels.peakMm[at] / deepest, 1);
    const shade = paths[Math.min(SHADES - 1, Math.floor(share * SHADES))];
    shade.text += `M${x.at(channels.x[at]).toFixed(1)} ${y.at(channels.y[at]).toFixed(1)}h0`;
    shade.width += 2 * halfWidthMm(needle, channels.peakMm[at]);
    shade.count += 1;
  }
  paths.forEach(({ text, width, count }, number) => {
    if (!count) return;
    const wide = Math.max(LEAST_DOT_PX, (perMm * width) / count);
    const ink = shadeOf(scene.colours_of_depth, (number + 0.5) / SHADES);
    plot.append(
      svg("path", { class: "dots", d: text, stroke: "var(--line-of-layers)", "stroke-width": (wide + 0.8).toFixed(2) }),
      svg("path", { class: "dots", d: text, stroke: ink, "stroke-width": wide.toFixed(2) }),
    );
  });
  if (spec.gap) {
    const [middle, up, wide] = spec.gap;
    const inside = svg("g", { "clip-path": `url(#${clip}-region)` });
    inside.append(svg("circle", { class: "gap", cx: x.at(middle), cy: y.at(up), r: (perMm * wide) / 2 }));
    plot.append(inside);
  }
  drawAxes(chart, drawn, { grid: false, below: false });
  root.append(plot);
  const entries = [0.02, 0.15, 0.45, 0.98].map((share) => ({
    ink: shadeOf(scene.colours_of_depth, share),
    kind: "box",
    words: `${figure(Math.round(1000 * deepest * share))} µm`,
  }));
  if (spec.gap) entries.push({ ink: "var(--mark-of-found)", kind: "ring", words: `largest gap, ${figure(spec.gap[2])} mm` });
  const tip = finish(chart, drawn, entries, "peak depth; mm along both sides");
  answering(chart, tip, channelsUnder(chart, device, (at) => [x.at(channels.x[at]), y.at(channels.y[at])]));
}

/** Pointer and keys over channels that lie at some places of a chart. */
export function channelsUnder(chart, { channels }, placeOf, shown = null) {
  const all = shown ?? Array.from({ length: channels.count }, (_, at) => at);
  return {
    count: all.length,
    nearest: (left, up) => {
      let [found, least] = [-1, REACH_PX];
      all.forEach((at, number) => {
        const [a, b] = placeOf(at);
        const away = Math.hypot(a - left, b - up);
        if (away < least) [found, least] = [number, away];
      });
      return found;
    },
    tell: (point) => {
      const at = all[point];
      if (at === undefined) return null;
      const [left, up] = placeOf(at);
      return {
        x: left,
        y: up,
        lines: [`peak depth ${Math.round(1000 * channels.peakMm[at])} µm`, `stays open to ${Math.round(1000 * channels.residualMm[at])} µm`],
        mark: svg("circle", { class: "pointed", cx: left, cy: up, r: 6 }),
      };
    },
  };
}

/** The colour of a share of the scale of depth. */
export function shadeOf(bytes, share) {
  const at = 4 * Math.min(bytes.length / 4 - 1, Math.floor((share * bytes.length) / 4));
  return `rgb(${bytes[at]} ${bytes[at + 1]} ${bytes[at + 2]})`;
}
