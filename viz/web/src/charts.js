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

/** Returns what draws charts into their places; they are drawn anew where a place changes its width. */
export function startCharts(root) {
  const shown = {}; // by name: what is drawn, and from which numbers
  const draw = (box, width) => {
    const own = shown[box.dataset.chart];
    if (!own || (own.spec.kind !== "lines" && own.spec.kind !== "rows" && !own.scene)) return;
    widths.set(box, width);
    KINDS[own.spec.kind](box, { ...own.spec, name: box.dataset.chart, width }, own);
  };
  const watch = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const width = target.clientWidth;
      if (width && Math.abs(width - (widths.get(target) ?? 0)) > 1) draw(target, width);
    }
  });
  return (specs, result, scene) => {
    for (const [name, spec] of Object.entries(specs)) shown[name] = { spec, result, scene };
    // All widths are read before anything is drawn: each look at one between would lay the page out anew. A box that
    // is being watched says itself when its width is another.
    const boxes = [...root.querySelectorAll("[data-chart]")].map((box) => [box, widths.get(box) || box.parentElement.clientWidth]);
    for (const [box, width] of boxes) {
      watch.observe(box);
      if (specs[box.dataset.chart]) draw(box, width);
    }
  };
}
