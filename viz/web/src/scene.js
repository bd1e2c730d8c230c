// The 3D scene: skin, channels and roller of one device at a time, and what the reader's controls change in them.
// Everything is built once; controls set numbers, and a frame is drawn only when one has changed.

import {
  AmbientLight,
  DirectionalLight,
  PerspectiveCamera,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  Vector4,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { buildChannels, channelInk, colourMap, UNCUT_MM } from "./channels.js";
import { decode } from "./decode.js";
import { halfWidthMm } from "./needle.js";
import { buildGrid, pick } from "./picking.js";
import { buildRoller } from "./roller.js";
import { buildSkin } from "./skin.js";

const FIELD_DEG = 24;
const SECONDS_PER_PASS = 2.2; // of rolling; shorter where there are many passes
const LONGEST_SECONDS = 40;
const POINTER_REACH_PX = 5;
const EDGE_AWAY_MM = [5.5, 14]; // from the cut
const EDGE_AWAY_PER_DEPTH = 12; // of the deepest channel
const EDGE_PLACES = 40; // that are tried along the cut

/** Returns a device with its arrays decoded and depths in mm. */
function unpacked(device, bounds) {
  const opened = ([key, value]) => [key, value?.data === undefined ? value : decode(value)];
  const arrays = (group) => Object.fromEntries(Object.entries(group).map(opened));
  const [channels, strokes, roller] = [arrays(device.channels), arrays(device.strokes), arrays(device.roller)];
  channels.peakMm = Float32Array.from(channels.peak, (depth) => depth / 1e4);
  channels.residualMm = Float32Array.from(channels.residual, (depth) => depth / 1e4);
  channels.aspect = Float32Array.from(channels.aspect, (aspect) => aspect / 1e3);
  channels.turn = Float32Array.from(channels.stroke, (stroke) => strokes.direction[stroke]);
  const needle = { ...device.needle, shape: new Vector4(...device.needle.shape) };
  // How far each channel's mouth goes from its axis across the cut: what lies beyond it in whole is taken away.
  channels.backMm = Float32Array.from(channels.peakMm, (peak, at) => {
    const [ahead, aside] = [Math.sin(channels.turn[at]), Math.cos(channels.turn[at])];
    const width = halfWidthMm(device.needle, peak);
    if (needle.sheet_mm) return Math.abs(width * ahead) + Math.abs((needle.sheet_mm / 2) * aside);
    return width * Math.hypot(channels.aspect[at] * ahead, aside);
  });
  return { ...device, channels, strokes, roller, needle, grid: buildGrid(channels, bounds) };
}

/** Starts the scene with what it shows; `load` shows something else on the same canvas. Null without WebGL. */
export function startScene(root, firstData) {
  const canvas = root.querySelector("canvas");
  const gl = canvas.getContext("webgl2", { alpha: true, antialias: true });
  if (!gl) return null;
  const renderer = new WebGLRenderer({ canvas, context: gl, alpha: true });
  renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));

  const scene = new Scene();
  const camera = new PerspectiveCamera(FIELD_DEG, 1, 1, 1000);
  camera.up.set(0, 0, 1);
  const controls = new OrbitControls(camera, canvas);
  const sun = new DirectionalLight(0xffffff, 2.2);
  sun.position.set(0.5, -0.8, 1.4);
  const fill = new DirectionalLight(0xffffff, 0.7);
  fill.position.set(-1, -0.4, 0.4);
  scene.add(new AmbientLight(0xffffff, 1.3), sun, fill);

  let data, devices, built, skin, shown, map;
  const inks = []; // of each device's channels
  let rolling = 0;
  let waiting = false;
  let [left, near, right, far, span] = [0, 0, 0, 0, 0];
  const state = {
    device: 0,
    pass: 0,
    time: Infinity,
    cutMm: 0,
    open: true, // along its near edge, through channels
    residual: false,
    roller: true,
    layers: firstData.layers.map(() => true),
    pointed: -1,
  };

  /** Takes what the scene shows, in the place of what it showed; the reader's choices stay. */
  function load(next) {
    const atEnd = !devices || state.pass === devices[state.device].passes;
    stop();
    for (const old of built ?? []) {
      scene.remove(old.channels.mesh, old.roller.group);
      old.channels.dispose();
      old.roller.dispose();
    }
    if (skin) {
      scene.remove(skin.group);
      skin.dispose();
      map.dispose();
    }
    data = next;
    [left, near, right, far] = data.bounds;
    span = Math.hypot(right - left, far - near);
    skin = buildSkin(data);
    scene.add(skin.group);
    map = colourMap(decode(data.colour_map));
    devices = data.devices.map((device) => unpacked(device, data.bounds));
    built = devices.map((device, number) => {
      const channels = buildChannels(device, map, data.depths_mm, (inks[number] ??= channelInk()));
      const roller = buildRoller(device, data.colours);
      scene.add(channels.mesh, roller.group);
      return { device, channels, roller };
    });
    state.device = Math.min(state.device, devices.length - 1);
    shown = built[state.device];
    showPass(atEnd ? devices[state.device].passes : state.pass);
  }

  const openTo = () => (state.open ? data.cut_at_mm : UNCUT_MM);
  const ends = () => (state.residual ? shown.device.channels.residualMm : shown.device.channels.peakMm);

  function draw() {
    waiting = false;
    controls.update();
    const away = camera.position.distanceTo(controls.target);
    camera.near = 0.1 * away; // nearer, and layers a few micrometres apart would be drawn through each other
    camera.far = away + span * 2 + 300;
    camera.updateProjectionMatrix();
    const pixel = (2 * away * Math.tan((FIELD_DEG * Math.PI) / 360)) / Math.max(canvas.clientHeight, 1);
    shown.channels.fit(pixel);
    renderer.render(scene, camera);
    root.dataset.frames = String(Number(root.dataset.frames ?? 0) + 1);
  }

  function redraw() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  }

  /** Whether a channel is shown: made by now, deeper than what is taken away, and not in whole before the cut. */
  function isShown(at, depths) {
    const { time, y, backMm } = shown.device.channels;
    return time[at] <= state.time && depths[at] > state.cutMm && y[at] + backMm[at] >= openTo();
  }

  function count() {
    const depths = ends();
    let number = 0;
    for (let at = 0; at < depths.length; at += 1) number += isShown(at, depths) ? 1 : 0;
    return number;
  }

  function apply() {
    shown = built[state.device];
    built.forEach((whole, number) => {
      whole.channels.mesh.visible = number === state.device;
      whole.roller.group.visible = number === state.device && state.roller && whole.device.strokes.direction.length > 0;
    });
    const { uniforms } = shown.channels;
    uniforms.uTime.value = Math.min(state.time, 1e9);
    uniforms.uCut.value = state.cutMm;
    uniforms.uResidual.value = state.residual ? 1 : 0;
    uniforms.uPointed.value = state.pointed;
    uniforms.uOpen.value = openTo();
    skin.show(state.cutMm, state.layers, state.open);
    Object.assign(root.dataset, {
      device: state.device,
      pass: state.pass,
      cut: Math.round(1000 * state.cutMm),
      depth: state.residual ? "residual" : "peak",
      pointed: state.pointed,
      shown: count(),
    });
    redraw();
  }

  /** Shows what there is after a pass, with the roller standing on it. */
  function showPass(number) {
    const { device, roller } = built[state.device];
    state.pass = Math.min(Math.max(1, number), device.passes);
    state.time = device.strokes.ends[state.pass - 1];
    const stroke = device.strokes.stand_stroke[state.pass - 1];
    if (device.strokes.direction.length) roller.pose(stroke, device.strokes.stand_along[state.pass - 1]);
    state.pointed = -1;
    apply();
  }

  /** Shows a moment within a stroke, the roller rolling over it. */
  function showTime(time) {
    const { strokes } = shown.device;
    const stroke = Math.min(Math.floor(time), strokes.direction.length - 1);
    state.time = time;
    state.pass = strokes.pass_number[stroke];
    shown.roller.pose(stroke, strokes.from[stroke] + (time - stroke) * (strokes.to[stroke] - strokes.from[stroke]));
    apply();
  }

  /** How far to stand from the cut: shallow channels from nearer by, deep ones with the layers that they are in. */
  function nearTheCut() {
    const deepest = shown.device.channels.peakMm.reduce((most, depth) => Math.max(most, depth), 0);
    const away = Math.min(EDGE_AWAY_MM[1], Math.max(EDGE_AWAY_MM[0], EDGE_AWAY_PER_DEPTH * deepest));
    return away / Math.min(1, Math.max(camera.aspect, 0.7));
  }

  /** Where along the cut a picture of some half-width shows most of the channels that are cut through. */
  function alongTheCut(half) {
    const { x, y, backMm } = shown.device.channels;
    const cut = Array.from(x).filter((_, at) => Math.abs(y[at] - data.cut_at_mm) < 0.7 * backMm[at]);
    const count = (place) => cut.filter((one) => Math.abs(one - place) < 0.9 * half).length;
    const [from, to] = [left + half, right - half];
    let [best, most] = [(left + right) / 2, -1];
    if (from < to) {
      for (let step = 0; step <= EDGE_PLACES; step += 1) {
        const place = from + (step / EDGE_PLACES) * (to - from);
        if (count(place) > most) [best, most] = [place, count(place)];
      }
    }
    return best;
  }

  function look(name) {
    const middle = new Vector3((left + right) / 2, (near + far) / 2, 0);
    const direction = new Vector3(0.44, -0.76, 0.46);
    const { radius_mm: radius, length_mm: length } = shown.device.roller;
    state.open = name !== "above"; // from above, all that was made
    let away = (3 * Math.max(span, 2 * (radius + length))) / Math.min(1, Math.max(camera.aspect, 0.5));
    if (name === "edge") {
      away = nearTheCut();
      const seen = away * Math.tan((FIELD_DEG * Math.PI) / 360); // half of the picture's height
      middle.set(alongTheCut(seen * camera.aspect), data.cut_at_mm, Math.max(0, seen - data.layers[data.layers.length - 1].bottom_mm));
      direction.set(0.14, -0.9, 0.4);
    } else if (name === "above") {
      direction.set(0, -0.0001, 1);
      away = (1.06 * Math.max(right - left, far - near)) / Math.tan((FIELD_DEG * Math.PI) / 360) / 2;
      away /= Math.min(1, camera.aspect);
    } else {
      middle.z = 0.75 * (radius + length); // skin and drum; the handle matters less
    }
    controls.target.copy(middle);
    camera.position.copy(middle).addScaledVector(direction.normalize(), away);
    state.pointed = -1;
    apply();
  }

  const caster = new Raycaster();
  function pointAt(x, y) {
    const box = canvas.getBoundingClientRect();
    const place = new Vector2((2 * (x - box.left)) / box.width - 1, 1 - (2 * (y - box.top)) / box.height);
    camera.updateMatrixWorld();
    caster.setFromCamera(place, camera);
    const depths = ends();
    const hidden = data.layers.findIndex((layer, number) => state.layers[number] && layer.bottom_mm > state.cutMm);
    const pixel = (2 * camera.position.distanceTo(controls.target) * Math.tan((FIELD_DEG * Math.PI) / 360)) / box.height;
    const found = pick(shown.device, caster.ray, {
      isShown: (at) => isShown(at, depths),
      cutMm: state.cutMm,
      ends: depths,
      deepestMm: data.depths_mm[1],
      openTo: openTo(),
      coveredFrom: hidden < 0 ? Infinity : data.layers[hidden].top_mm,
      reachMm: POINTER_REACH_PX * pixel,
    });
    if (found !== state.pointed) {
      state.pointed = found;
      apply();
    }
    return found;
  }

  /** Points at the next or the previous of the channels that are shown; for the keyboard. */
  function pointNext(step) {
    const depths = ends();
    let at = state.pointed < 0 && step < 0 ? depths.length : state.pointed;
    for (at += step; at >= 0 && at < depths.length; at += step) if (isShown(at, depths)) break;
    state.pointed = at >= 0 && at < depths.length ? at : -1;
    apply();
    return state.pointed;
  }

  function turn(aside, up, closer) {
    const offset = camera.position.clone().sub(controls.target);
    offset.applyAxisAngle(new Vector3(0, 0, 1), aside);
    const flat = Math.hypot(offset.x, offset.y);
    const tilt = Math.min(1.55, Math.max(-0.2, Math.atan2(offset.z, flat) + up));
    const away = offset.length() * closer;
    const heading = Math.atan2(offset.y, offset.x);
    offset.set(Math.cos(heading) * Math.cos(tilt), Math.sin(heading) * Math.cos(tilt), Math.sin(tilt));
    camera.position.copy(controls.target).addScaledVector(offset, away);
    redraw();
  }

  /** Where a channel's mouth is on the canvas, in pixels from its upper left corner. */
  function placeOf(at) {
    const { channels } = shown.device;
    const place = new Vector3(channels.x[at], Math.max(channels.y[at], openTo()), -state.cutMm).project(camera);
    return [((place.x + 1) / 2) * canvas.clientWidth, ((1 - place.y) / 2) * canvas.clientHeight];
  }

  function stop() {
    cancelAnimationFrame(rolling);
    rolling = 0;
  }

  /** Rolls from the start of the pass that is shown to the last; calls `onMoved` after each frame. */
  function roll(onMoved) {
    stop();
    const { strokes, passes } = shown.device;
    if (!strokes.direction.length) return;
    const first = state.pass >= passes ? 1 : state.pass;
    const begin = first > 1 ? strokes.ends[first - 2] : 0;
    const last = strokes.ends[passes - 1];
    const seconds = Math.min(SECONDS_PER_PASS * (passes - first + 1), LONGEST_SECONDS);
    const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    let started = null;
    const frame = (now) => {
      started ??= now;
      const share = Math.min(1, (now - started) / 1000 / seconds);
      const time = begin + share * (last - begin);
      if (share >= 1) {
        rolling = 0;
        showPass(passes);
      } else {
        rolling = requestAnimationFrame(frame);
        if (still) showPass(Math.min(passes, strokes.pass_number[Math.floor(time)]));
        else showTime(time);
      }
      onMoved(rolling !== 0);
    };
    state.pointed = -1;
    rolling = requestAnimationFrame(frame);
  }

  let placed = false;
  new ResizeObserver(() => {
    const { clientWidth, clientHeight } = canvas.parentElement;
    renderer.setSize(clientWidth, clientHeight, false);
    camera.aspect = clientWidth / Math.max(clientHeight, 1);
    if (!placed && clientWidth) {
      placed = true; // the stage has no size until the page knows that the scene lives
      look("edge");
    }
    redraw();
  }).observe(canvas.parentElement);
  controls.addEventListener("change", redraw);

  load(firstData);
  return { state, load, device: () => devices[state.device], apply, showPass, roll, stop, isRolling: () => rolling !== 0, look, turn, pointAt, pointNext, placeOf };
}
