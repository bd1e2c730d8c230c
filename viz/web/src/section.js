// The section: layers and channels from the side, with an axis of depth. Depth has a scale of its own.

import { channelsUnder } from "./flat.js";
import { answering, drawAxes, finish, startChart, svg } from "./frame.js";
import { halfWidthMm } from "./needle.js";

const LEVELS = [0, 0.02, 0.06, 0.15, 0.35, 0.7, 1]; // of the tip's distance over the depth

export function drawSection(box, spec, { scene }) {
  const device = scene.devices[spec.device];
  const chart = startChart(box, spec, { ratio: 0.6, least: 210, most: 330 });
  const { root, plot, x, y } = chart;
  const { channels, needle } = device;
  const shown = [];
  for (let at = 0; at < channels.count; at += 1) {
    const near = Math.abs(channels.y[at] - spec.plane) <= spec.slab;
    if (near && channels.x[at] >= spec.x.from && channels.x[at] <= spec.x.to) shown.push(at);
  }
  drawAxes(chart, spec, { grid: false });
  const outline = (at, endMm) => {
    const peak = channels.peakMm[at];
    // What stays open keeps the needle's shape over its smaller depth, as in the scene.
    const sides = LEVELS.map((t) => [halfWidthMm(needle, t * peak), 1000 * endMm * (1 - t)]);
    const right = sides.map(([half, depth]) => `${x.at(channels.x[at] + half).toFixed(1)} ${y.at(depth).toFixed(1)}`);
    const left = sides.map(([half, depth]) => `${x.at(channels.x[at] - half).toFixed(1)} ${y.at(depth).toFixed(1)}`).reverse();
    return `M${right.join("L")}L${left.join("L")}Z`;
  };
  for (const at of shown) plot.append(svg("path", { class: "channel", d: outline(at, channels.peakMm[at]), fill: spec.inks[0] }));
  for (const at of shown) {
    if (channels.residualMm[at] > 0) plot.append(svg("path", { class: "channel open", d: outline(at, channels.residualMm[at]), fill: spec.inks[1] }));
  }
  root.append(plot);
  const entries = [
    { ink: spec.inks[0], kind: "box", words: "needle in" },
    { ink: spec.inks[1], kind: "box", words: "stays open" },
  ];
  const tip = finish(chart, spec, entries, shown.length ? "" : "no channel lies here");
  answering(chart, tip, channelsUnder(chart, device, (at) => [x.at(channels.x[at]), y.at(500 * channels.peakMm[at])], shown));
}
