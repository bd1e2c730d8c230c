// A body's map in 3D, or as a drawing where there is no WebGL, and the reader's controls.

import { startStill } from "./body_still.js";
import { startTurning } from "./body_turning.js";
import { decode } from "./decode.js";

const make = (name, more = {}) => Object.assign(document.createElement(name), more);
const NONE = 65535;
const TURNS = {
  ArrowLeft: [-0.14, 0, 1],
  ArrowRight: [0.14, 0, 1],
  ArrowUp: [0, 0.12, 1],
  ArrowDown: [0, -0.12, 1],
  "+": [0, 0, 0.85],
  "=": [0, 0, 0.85],
  "-": [0, 0, 1 / 0.85],
};
const NARROW_PX = 560; // of a stage: below that rollers are shown one at a time at first

/** The body with its arrays decoded, and what its numbers say. */
function opened(data) {
  const steps = decode(data.place);
  const place = Float32Array.from(steps, (step, at) => data.low[at % 3] + data.step * step);
  const maps = data.maps.map((map) => ({ ...map, colours: decode(map.colours), values: map.values.map(decode) }));
  const body = { ...data, place, face: decode(data.face), zoneOf: decode(data.zone_of_face), maps };
  const number = (map, device, face) => {
    const step = face < body.treated ? map.values[device][face] : NONE;
    return step === NONE ? null : map.least + map.step * step;
  };
  /** The place of a number's colour among 256, -1 for none. */
  const shade = (map, device, face) => {
    const value = number(map, device, face);
    if (value === null || value < map.from) return -1;
    return Math.min(255, Math.floor((256 * (value - map.from)) / (map.to - map.from)));
  };
  return { ...body, number, shade };
}

function figure(value) {
  if (value === null) return "none";
  return Math.abs(value) < 100 ? String(Number(value.toPrecision(2))) : String(Math.round(value));
}

/** Starts the map in its section; returns what ends it. */
export function startBody(root, data, result) {
  const one = (name) => root.querySelector(`[data-${name}]`);
  const [tip, said, names, chosen] = ["tip", "zone-said", "names", "devices"].map(one);
  const canvas = root.querySelector("canvas");
  const body = opened(data);
  root.classList.add("is-live");
  const narrow = one("stage").clientWidth < NARROW_PX;
  const state = { map: 0, device: data.devices.length > 1 && !narrow ? -1 : 0, zone: -1 };
  const shown = () => (state.device < 0 ? data.devices.map((_, at) => at) : [state.device]);
  const scene = startTurning(root, canvas, body) ?? startStill(root, canvas, body);
  if (!scene.turns) {
    one("missing").textContent =
      "This browser has no WebGL: the body is drawn as a still, which keys and buttons turn. The tables below hold its figures.";
    root.classList.add("is-still");
    one("missing").style.display = "block";
  }

  function drawScale() {
    const map = body.maps[state.map];
    const box = one("scale");
    if (map.classes.length) {
      const list = make("ul");
      for (const { colour, words } of map.classes) {
        const sign = document.createElementNS("http://www.w3.org/2000/svg", "svg");
        sign.setAttribute("viewBox", "0 0 10 10");
        sign.setAttribute("aria-hidden", "true");
        sign.innerHTML = `<rect width="10" height="10" rx="2" fill="${colour}" stroke="#4f5760"/>`;
        const item = make("li");
        item.append(sign, words);
        list.append(item);
      }
      box.replaceChildren(list);
      return;
    }
    const bar = make("canvas", { width: 256, height: 1 });
    bar.setAttribute("aria-hidden", "true");
    const paint = bar.getContext("2d");
    if (paint) {
      const image = paint.createImageData(256, 1);
      for (let at = 0; at < 256; at += 1) image.data.set([...map.colours.subarray(3 * at, 3 * at + 3), 255], 4 * at);
      paint.putImageData(image, 0, 0);
    }
    const ends = make("div", { className: "ends" });
    const unit = map.unit ? ` ${map.unit}` : "";
    ends.append(
      make("span", { textContent: figure(map.from) }),
      make("span", { textContent: `${figure(map.to)}${unit}${map.more ? " and more" : ""}` }),
    );
    box.replaceChildren(bar, ends);
  }

  function words(map, value) {
    if (value === null) return `${map.words}: none`;
    if (map.classes.length) return `${map.words}: ${value < 0 ? "none opens" : map.classes[Math.round(value)].words}`;
    return `${map.words}: ${figure(value)}${map.unit ? ` ${map.unit}` : ""}`;
  }

  function tell(found) {
    tip.hidden = !found;
    if (!found) return;
    const { face, device, x, y } = found;
    const zone = face < body.treated ? body.zones[body.zoneOf[face]] : "not treated";
    const lines = [data.devices.length > 1 ? `${zone}, ${data.devices[device]}` : zone];
    if (face < body.treated) for (const map of body.maps) lines.push(words(map, body.number(map, device, face)));
    tip.replaceChildren(...lines.map((line) => make("p", { textContent: line })));
    const room = canvas.clientWidth - tip.offsetWidth - 8;
    const below = y + 16 + tip.offsetHeight < canvas.clientHeight;
    tip.style.left = `${Math.max(8, Math.min(x + 14, room))}px`;
    tip.style.top = `${Math.max(8, below ? y + 16 : y - 14 - tip.offsetHeight)}px`;
    root.dataset.pointed = zone;
  }

  /** Says the figures of a zone aloud, and turns the body so that it is seen. */
  function tellZone(step) {
    const there = result.devices[0].zones;
    state.zone = (state.zone + step + there.length + (state.zone < 0 && step < 0 ? 1 : 0)) % there.length;
    const name = there[state.zone].zone;
    const parts = shown().map((device) => {
      const told = result.devices[device].zones[state.zone];
      const bare = 100 * told.untouched_share;
      return `${data.devices[device]}: ${figure(told.density_per_cm2)} channels per cm², ${figure(told.peak_depth_um_mean)} µm deep, ${figure(told.rings_touching)} rings touch, ${figure(bare)} % never touched`;
    });
    said.textContent = `${name.replace(/[-_]/g, " ")}. ${parts.join(". ")}.`;
    scene.face(data.zones.indexOf(name.replace(/[-_]/g, " ")));
  }

  function apply() {
    const devices = shown();
    root.classList.toggle("side-by-side", devices.length > 1);
    names.replaceChildren(...devices.map((at) => make("span", { textContent: data.devices[at] })));
    drawScale();
    scene.show(state.map, devices);
    tell(null);
    Object.assign(root.dataset, { map: body.maps[state.map].key, shown: devices.join(" ") });
  }

  const select = one("map");
  select.append(...body.maps.map((map) => make("option", { textContent: map.label })));
  select.addEventListener("change", () => {
    state.map = select.selectedIndex;
    apply();
  });
  if (data.devices.length > 1) {
    chosen.hidden = false;
    ["all side by side", ...data.devices].forEach((name, at) => {
      const label = make("label", { dir: "auto" });
      const choice = make("input", { type: "radio", name: "body-device", value: at - 1, checked: at - 1 === state.device });
      label.append(choice, make("span", { className: "name", textContent: name }));
      chosen.append(label);
    });
    chosen.addEventListener("change", (event) => {
      state.device = Number(event.target.value);
      apply();
    });
  }
  for (const button of root.querySelectorAll("[data-look]")) {
    button.addEventListener("click", () => {
      tell(null);
      scene.look(button.dataset.look);
    });
  }
  for (const button of root.querySelectorAll("[data-next]")) {
    button.addEventListener("click", () => tellZone(Number(button.dataset.next)));
  }
  canvas.addEventListener("pointermove", (event) => tell(event.buttons ? null : scene.pointAt(event)));
  canvas.addEventListener("pointerdown", (event) => tell(event.pointerType === "touch" ? scene.pointAt(event) : null));
  canvas.addEventListener("pointerleave", () => tell(null));
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (TURNS[event.key]) {
      tell(null);
      scene.turn(...TURNS[event.key]);
    } else if (event.key === "n" || event.key === "p") tellZone(event.key === "n" ? 1 : -1);
    else if (event.key === "Escape") tell(null);
    else return;
    event.preventDefault();
  });
  one("coarser").textContent = data.said;
  apply();
  scene.look("left");
  return { face: (step) => tellZone(step), end: () => scene.end?.() };
}

/** Lets the button save the figures of a body as a file. */
export function startSaving(button, result) {
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([JSON.stringify(result, null, 1)], { type: "application/json" }));
    make("a", { href: url, download: "dermaroll-body.json" }).click();
    URL.revokeObjectURL(url);
  });
}
