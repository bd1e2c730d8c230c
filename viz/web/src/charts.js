// The charts of the page, in one place: a drawing says what it is and where its numbers stand, a function draws it.

import { decode } from "./decode.js";
import { drawMap } from "./flat.js";
import { drawLines } from "./lines.js";
import { drawRows } from "./rows.js";
import { drawSection } from "./section.js";

const KINDS = { lines: drawLines, map: drawMap, section: drawSection, rows: drawRows };

/** What charts need of the scene's data: channels with depths in mm, the needle, the colours of depth. */
export function channelsOf(data) {
  if (!data) return null;
  const devices = data.devices.map(({ channels, needle }) => ({
    needle,
    channels: {
      count: channels.count,
      x: decode(channels.x),
      y: decode(channels.y),
      peakMm: Float32Array.from(decode(channels.peak), (depth) => depth / 1e4),
      residualMm: Float32Array.from(decode(channels.residual), (depth) => depth / 1e4),
    },
  }));
  return { devices, depths_mm: data.depths_mm, colours_of_depth: decode(data.colour_map) };
}

const widths = new WeakMap();

/** Draws all charts that the page has a place for, and draws them anew where their place changes its width. */
export function startCharts(root) {
  let shown = { specs: {}, result: null, scene: null };
  const draw = (box) => {
    const spec = shown.specs[box.dataset.chart];
    if (!spec) return;
    widths.set(box, box.clientWidth);
    KINDS[spec.kind](box, { ...spec, name: box.dataset.chart }, shown);
  };
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.clientWidth && Math.abs(target.clientWidth - (widths.get(target) ?? 0)) > 1) draw(target);
    }
  });
  return (specs, result, scene) => {
    shown = { specs, result, scene };
    for (const box of root.querySelectorAll("[data-chart]")) {
      watch.observe(box);
      draw(box);
    }
  };
}
