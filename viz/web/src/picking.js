// Which channel a ray meets. Channels stand upright, so a grid of their places and one closest approach each answer it
// in microseconds, whatever their number.

import { halfWidthMm } from "./needle.js";

const PER_CELL = 2; // channels in a cell of the grid, about

/** Returns the grid: channels sorted by cell, and where each cell starts. */
export function buildGrid(channels, [left, near, right, far]) {
  const area = Math.max((right - left) * (far - near), 1e-6);
  const side = Math.max(Math.sqrt((area * PER_CELL) / Math.max(channels.count, 1)), 0.05);
  const columns = Math.max(1, Math.ceil((right - left) / side));
  const rows = Math.max(1, Math.ceil((far - near) / side));
  const cellOf = (x, y) => {
    const column = Math.min(columns - 1, Math.max(0, Math.floor((x - left) / side)));
    const row = Math.min(rows - 1, Math.max(0, Math.floor((y - near) / side)));
    return row * columns + column;
  };
  const starts = new Uint32Array(columns * rows + 1);
  for (let at = 0; at < channels.count; at += 1) starts[cellOf(channels.x[at], channels.y[at]) + 1] += 1;
  for (let cell = 0; cell < columns * rows; cell += 1) starts[cell + 1] += starts[cell];
  const filled = starts.slice();
  const members = new Uint32Array(channels.count);
  for (let at = 0; at < channels.count; at += 1) members[filled[cellOf(channels.x[at], channels.y[at])]++] = at;
  return { left, near, side, columns, rows, starts, members };
}

/**
 * Returns the first channel that a ray meets, or -1.
 * `ray` has origin and direction in mm; `view` says what is shown: isShown (of each channel), cutMm, ends (depth of each
 * channel), deepestMm, openTo (y up to which the skin is taken away), coveredFrom (depth below which skin hides channels
 * behind that cut), reachMm (how near counts as met).
 */
export function pick({ channels, needle, grid }, ray, view) {
  const { origin: o, direction: d } = ray;
  if (d.z >= -1e-6 || !channels.count) return -1;
  const onCut = d.y > 1e-6 ? (view.openTo - o.y) / d.y : -Infinity; // where the ray comes through the cut
  const enter = Math.max((-view.cutMm - o.z) / d.z, onCut);
  const leave = (-view.deepestMm - o.z) / d.z;
  const flat = d.x * d.x + d.y * d.y;
  const steps = Math.min(400, 1 + Math.ceil(((leave - enter) * Math.sqrt(flat)) / grid.side));
  const seen = new Set();
  let [found, nearest] = [-1, Infinity];
  const tryChannel = (at) => {
    const end = view.ends[at];
    if (!view.isShown(at)) return;
    const away = (channels.x[at] - o.x) * d.x + (channels.y[at] - o.y) * d.y;
    const last = (-end - o.z) / d.z;
    if (last < enter) return;
    const closest = Math.min(Math.max(flat > 1e-12 ? away / flat : enter, enter), last);
    // On the cut a channel is met where the ray comes in; behind it, where the ray comes nearest to its axis.
    tryAt(at, end, enter === onCut ? enter : closest);
    if (enter === onCut) tryAt(at, end, closest);
  };
  const tryAt = (at, end, t) => {
    const [x, y, depth] = [o.x + t * d.x, o.y + t * d.y, -(o.z + t * d.z)];
    const width = halfWidthMm(needle, channels.peakMm[at] * (1 - depth / end));
    if (Math.hypot(x - channels.x[at], y - channels.y[at]) > Math.max(width, view.reachMm)) return;
    const hidden = depth > Math.max(view.coveredFrom, view.cutMm) + 0.02 && Math.min(y, channels.y[at]) > view.openTo + 1e-6;
    if (!hidden && t < nearest) [found, nearest] = [at, t];
  };
  for (let step = 0; step <= steps; step += 1) {
    const t = enter + ((leave - enter) * step) / steps;
    const column = Math.floor((o.x + t * d.x - grid.left) / grid.side);
    const row = Math.floor((o.y + t * d.y - grid.near) / grid.side);
    for (let r = Math.max(0, row - 1); r <= Math.min(grid.rows - 1, row + 1); r += 1) {
      for (let c = Math.max(0, column - 1); c <= Math.min(grid.columns - 1, column + 1); c += 1) {
        const cell = r * grid.columns + c;
        if (seen.has(cell)) continue;
        seen.add(cell);
        for (let at = grid.starts[cell]; at < grid.starts[cell + 1]; at += 1) tryChannel(grid.members[at]);
      }
    }
  }
  return found;
}
