// What all charts share: the SVG, its axes, the skin's layers behind, the key below, and the words that answer a pointer.

const SVG = "http://www.w3.org/2000/svg";
const LETTER_PX = 6.4; // width of a letter, for room beside an axis

/** Returns an element of SVG with attributes and, perhaps, text. */
export function svg(name, attributes = {}, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** Returns an element of HTML with properties and children. */
export function html(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

/** A number as the page prints it: three digits. */
export function figure(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1000) return value.toFixed(0);
  return size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
}

/** Returns a scale: from a number to pixels, its ticks, and back. */
export function scaleOf({ from, to, log, whole }, start, end) {
  const side = log ? Math.log10 : (value) => value;
  const [low, high] = [side(from), side(to)];
  const at = (value) => {
    const share = (side(log ? Math.max(value, 1e-12) : value) - low) / (high - low || 1);
    return start + Math.min(Math.max(share, -0.05), 9) * (end - start);
  };
  const back = (pixel) => {
    const place = low + ((pixel - start) / (end - start)) * (high - low);
    return log ? 10 ** place : place;
  };
  return { at, back, ticks: log ? decades(from, to) : steps(from, to, whole, Math.abs(end - start)) };
}

function decades(from, to) {
  const found = [];
  for (let power = Math.ceil(Math.log10(from) - 1e-9); power <= Math.log10(to) + 1e-9; power += 1) found.push(10 ** power);
  return found;
}

function steps(from, to, whole, pixels) {
  const wanted = Math.max(2, Math.min(6, Math.floor(pixels / 55)));
  const rough = (to - from) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  let step = [1, 2, 2.5, 5, 10].map((times) => times * power).find((one) => one >= rough * 0.999);
  if (whole) step = Math.max(1, Math.ceil(step));
  const found = [];
  const first = whole && from === 1 ? step : Math.ceil(from / step - 1e-9) * step;
  for (let at = first; at <= to + step * 1e-6; at += step) found.push(Number(at.toPrecision(12)));
  return found;
}

/** Returns the numbers that a place names: themselves, or those of the result, scaled and shifted. */
export function numbersOf(place, result) {
  if (place === undefined || Array.isArray(place)) return place;
  const found = place.path.reduce((part, key) => (part === undefined || part === null ? undefined : part[key]), result);
  if (!Array.isArray(found)) return undefined;
  const { scale = 1, shift = 0 } = place;
  return found.map((value) => (value === null ? NaN : scale * value + shift));
}

const labelled = ({ label, unit }) => (unit ? `${label} [${unit}]` : label);

/** Starts a chart: an SVG as wide as its box, layers, grid and axes; returns what draws into it. */
export function startChart(box, spec, { ratio = 0.78, least = 220, most = 400, square = 0 } = {}) {
  const width = Math.max(260, Math.round(spec.width || 480));
  const roomy = width >= 430;
  const names = roomy && spec.layers ? 118 : 10;
  const left = 56;
  const [top, bottom] = [10, 44];
  const inner = width - left - names;
  const height = square ? Math.round(inner * square) + top + bottom : Math.min(most, Math.max(least, Math.round(width * ratio)));
  const root = svg("svg", {
    viewBox: `0 0 ${width} ${height}`,
    width,
    height,
    role: "img",
    tabindex: "0",
    "aria-label": `${spec.words} Arrow keys go from point to point.`,
  });
  const area = { left, right: width - names, top, bottom: height - bottom };
  const x = scaleOf(spec.x, area.left, area.right);
  const y = spec.y?.turned ? scaleOf(spec.y, area.top, area.bottom) : scaleOf(spec.y ?? { from: 0, to: 1 }, area.bottom, area.top);
  const clip = `clip-${spec.name}`;
  root.append(svg("defs", {}));
  root.firstChild.append(svg("clipPath", { id: clip }));
  root.firstChild.firstChild.append(
    svg("rect", { x: area.left, y: area.top, width: area.right - area.left, height: area.bottom - area.top }),
  );
  if (spec.layers) drawLayers(root, spec.layers, area, y, roomy);
  const plot = svg("g", { "clip-path": `url(#${clip})` });
  return { root, area, x, y, plot, width, height, roomy, box, clip };
}

/** Draws the axes of a chart, above what lies behind them and below its lines. */
export function drawAxes({ root, area, x, y }, spec, { grid = true, below = true } = {}) {
  const axes = svg("g", { class: "axes" });
  for (const tick of x.ticks) {
    const place = x.at(tick);
    if (grid) axes.append(svg("line", { class: "grid", x1: place, x2: place, y1: area.top, y2: area.bottom }));
    axes.append(svg("text", { x: place, y: area.bottom + 15, "text-anchor": "middle" }, figure(tick)));
  }
  for (const tick of spec.y ? y.ticks : []) {
    const place = y.at(tick);
    if (grid && !spec.layers) axes.append(svg("line", { class: "grid", x1: area.left, x2: area.right, y1: place, y2: place }));
    axes.append(svg("text", { x: area.left - 6, y: place + 4, "text-anchor": "end" }, figure(tick)));
  }
  axes.append(svg("path", { class: "edge", d: `M${area.left} ${area.top}V${area.bottom}H${area.right}` }));
  if (below) axes.append(...wordsBelow(labelled(spec.x), area));
  if (spec.y?.label) {
    const middle = (area.top + area.bottom) / 2;
    const fits = labelled(spec.y).length * LETTER_PX < area.bottom - area.top;
    const words = fits ? labelled(spec.y) : labelled({ label: spec.y.label.split(",")[0], unit: spec.y.unit });
    axes.append(svg("text", { class: "name", transform: `translate(13 ${middle}) rotate(-90)`, "text-anchor": "middle" }, words));
  }
  root.append(axes);
}

function wordsBelow(words, area) {
  const room = area.right - area.left + 90;
  const size = words.length * LETTER_PX > room ? "name small" : "name";
  return [svg("text", { class: size, x: (area.left + area.right) / 2, y: area.bottom + 36, "text-anchor": "middle" }, words)];
}

function drawLayers(root, layers, area, y, named) {
  let last = -Infinity;
  for (const { words, ink, top, bottom } of layers) {
    const [from, to] = [y.at(top), y.at(bottom)];
    root.append(
      svg("rect", { class: "layer", x: area.left, y: from, width: area.right - area.left, height: Math.max(to - from, 0), fill: ink }),
      svg("line", { class: "seam", x1: area.left, x2: area.right, y1: from, y2: from }),
    );
    if (!named) continue;
    const middle = (from + to) / 2;
    last = Math.max(middle, last + 15);
    root.append(
      svg("path", { class: "leader", d: `M${area.right} ${middle}L${area.right + 8} ${last}` }),
      svg("text", { class: "layer-name", x: area.right + 11, y: last + 4 }, words),
    );
  }
}

/** Puts a chart and its key into its box; the key lies below and covers nothing. */
export function finish(chart, spec, entries, title = "") {
  const key = html("ul", { className: "chart-key" });
  if (title) key.append(html("li", { className: "of" }, title));
  for (const { ink, dash, words, kind = "line" } of entries) {
    const isLine = kind === "line" && spec.layers; // its ink is made for skin, not for a dark page
    const sign = svg("svg", { width: 22, height: 12, "aria-hidden": "true", ...(isLine ? { class: "on-skin" } : {}) });
    if (kind === "box") sign.append(svg("rect", { x: 3, y: 1, width: 16, height: 10, fill: ink, class: "swatched" }));
    else if (kind === "ring") sign.append(svg("circle", { cx: 11, cy: 6, r: 4.5, fill: "none", stroke: ink, "stroke-width": 1.8 }));
    else if (kind === "open") sign.append(svg("path", { d: "M1 2H21M1 10H21", stroke: ink, "stroke-dasharray": "2 2.5", fill: "none" }));
    else sign.append(svg("line", { x1: 1, x2: 21, y1: 6, y2: 6, stroke: ink, "stroke-width": 2.4, ...(dash ? { "stroke-dasharray": "5 3" } : {}) }));
    key.append(html("li", {}, sign, words));
  }
  if (spec.layers && !chart.roomy) {
    for (const { words, ink } of spec.layers) {
      const sign = svg("svg", { width: 14, height: 12, "aria-hidden": "true" });
      sign.append(svg("rect", { x: 1, y: 1, width: 12, height: 10, fill: ink, class: "swatched" }));
      key.append(html("li", {}, sign, words));
    }
  }
  const tip = html("div", { className: "tip chart-tip", hidden: true });
  tip.setAttribute("role", "status");
  chart.box.replaceChildren(chart.root, tip, ...(key.children.length ? [key] : []));
  return tip;
}

/** Lets pointer and arrow keys go over the points of a chart: `tell(point)` gives lines and a place, or nothing. */
export function answering(chart, tip, { count, nearest, tell, keys = ["ArrowLeft", "ArrowRight"] }) {
  const { root, box } = chart;
  let at = -1;
  const show = (point) => {
    at = point;
    root.querySelector(".pointed")?.remove();
    const found = point >= 0 ? tell(point) : null;
    tip.hidden = !found;
    if (!found) return;
    root.append(found.mark);
    tip.replaceChildren(...found.lines.map((line) => html("p", { textContent: line })));
    const scale = root.getBoundingClientRect().width / chart.width || 1;
    const room = box.clientWidth - tip.offsetWidth - 4;
    const right = found.x * scale + 12;
    const place = right + tip.offsetWidth < box.clientWidth ? right : found.x * scale - tip.offsetWidth - 12;
    tip.style.left = `${Math.max(2, Math.min(place, room))}px`;
    tip.style.top = `${Math.max(2, found.y * scale - tip.offsetHeight / 2)}px`;
  };
  const local = (event) => {
    const frame = root.getBoundingClientRect();
    const scale = frame.width / chart.width || 1;
    return [(event.clientX - frame.left) / scale, (event.clientY - frame.top) / scale];
  };
  root.addEventListener("pointermove", (event) => show(nearest(...local(event))));
  root.addEventListener("pointerdown", (event) => show(nearest(...local(event))));
  root.addEventListener("pointerleave", () => show(-1));
  root.addEventListener("blur", () => show(-1));
  root.addEventListener("keydown", (event) => {
    const back = event.key === keys[0] || event.key === "ArrowUp";
    const on = event.key === keys[1] || event.key === "ArrowDown";
    if (event.key === "Escape") show(-1);
    else if (event.key === "Home") show(0);
    else if (event.key === "End") show(count - 1);
    else if (back || on) show(Math.min(Math.max(at + (on ? 1 : -1), 0), count - 1));
    else return;
    event.preventDefault();
  });
}
