// The model beside measurements: a line a published row, both over the measured value.

import { answering, finish, html, startChart, svg, drawAxes } from "./frame.js";

const ROW_PX = 19;

export function drawRows(box, spec) {
  const wide = spec.width || 640;
  const names = Math.min(250, Math.round(wide * 0.42));
  const height = spec.rows.length * ROW_PX + 54;
  const chart = startChart(box, { ...spec, y: undefined }, { least: height, most: height });
  const { root, area, width } = chart;
  area.left = names;
  const share = (value) => area.left + (Math.min(Math.max(value, 0), spec.x.to) / spec.x.to) * (area.right - area.left);
  chart.x = { at: share, ticks: [0, 0.5, 1, 1.5, 2] };
  drawAxes(chart, { x: spec.x });
  spec.rows.forEach((row, number) => {
    const up = area.top + (number + 0.5) * ROW_PX;
    const letters = Math.floor((names - 8) / 6.1);
    const name = `${row.id}${row.fitted ? " (fitted)" : ""}`;
    const text = svg("text", { class: "row", x: area.left - 6, y: up + 4, "text-anchor": "end" }, name.length > letters ? `${name.slice(0, letters - 1)}…` : name);
    root.append(text, svg("rect", { class: "supported", x: share(row.low ?? 0), y: up - 6, width: Math.max(2, share(row.high ?? spec.x.to) - share(row.low ?? 0)), height: 12 }));
    if (row.measured !== null) root.append(svg("line", { class: "measured", x1: share(row.measured), x2: share(row.measured), y1: up - 7, y2: up + 7 }));
    if (row.value === null) return;
    const ink = spec.inks[row.verdict] ?? "currentColor";
    root.append(
      svg("line", { x1: share(row.from), x2: share(row.to), y1: up, y2: up, stroke: ink, "stroke-width": 1.6 }),
      row.verdict === "met"
        ? svg("circle", { cx: share(row.value), cy: up, r: 3.6, fill: ink })
        : svg("path", { d: `M${share(row.value) - 4} ${up - 4}l8 8m0 -8l-8 8`, stroke: ink, "stroke-width": 2 }),
    );
  });
  const entries = [
    { ink: "var(--supported)", kind: "box", words: "measured, range of its source" },
    { ink: spec.inks.met, words: "model, met (dot)" },
    { ink: spec.inks.missed, words: "model, missed (cross)" },
  ];
  const tip = finish(chart, spec, entries);
  answering(chart, tip, {
    count: spec.rows.length,
    nearest: (_, up) => Math.min(spec.rows.length - 1, Math.max(0, Math.floor((up - area.top) / ROW_PX))),
    tell: (point) => ({
      x: area.left,
      y: area.top + (point + 0.5) * ROW_PX,
      lines: [`${spec.rows[point].id}: ${spec.rows[point].verdict}`, spec.rows[point].told],
      mark: svg("rect", { class: "pointed", x: 0, y: area.top + point * ROW_PX, width, height: ROW_PX }),
    }),
  });
  return html;
}
