// The body without WebGL: every face filled pixel by pixel, the nearest one kept; anew whenever something changes.

import { axesOf, extentOf, LOOKS, middleOf, normalsOf } from "./body_shape.js";

const SHOWN = 1.14; // times the treated skin as it is seen
const LIGHT = [-0.3, 0.55, 0.78]; // to the right, up and to the eye

/** Starts the drawing; it has the same functions as the scene in WebGL. */
export function startStill(root, canvas, body) {
  const paint = canvas.getContext("2d");
  const normal = normalsOf(body);
  const { place, face } = body;
  const seen = new Float32Array(place.length);
  const bright = new Float32Array(place.length / 3);
  const bare = [1, 3, 5].map((at) => parseInt(body.bare.slice(at, at + 2), 16));
  let { middle, size } = extentOf(body, axesOf(LOOKS.left));
  let [eye, zoom, map, devices] = [LOOKS.left, 1, body.maps[0], [0]];
  let [owner, width, height, waiting] = [new Int32Array(0), 0, 0, false];

  function project(scale) {
    const axes = axesOf(eye);
    for (let at = 0; at < place.length; at += 3) {
      let lit = 0;
      for (let i = 0; i < 3; i += 1) {
        const [x, y, z] = axes[i];
        const far = (place[at] - middle[0]) * x + (place[at + 1] - middle[1]) * y + (place[at + 2] - middle[2]) * z;
        seen[at + i] = scale * far;
        lit += LIGHT[i] * (normal[at] * x + normal[at + 1] * y + normal[at + 2] * z);
      }
      bright[at / 3] = 0.66 + 0.4 * Math.max(0, lit);
    }
  }

  /** Fills the pixels of a face that nothing nearer has. */
  function fill(at, number, pane, depth) {
    const [a, b, c] = [3 * face[3 * at], 3 * face[3 * at + 1], 3 * face[3 * at + 2]];
    const [ax, bx, cx] = [seen[a], seen[b], seen[c]];
    const [ay, by, cy] = [seen[a + 1], seen[b + 1], seen[c + 1]];
    const whole = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (whole <= 0) return; // it looks away
    const [midX, midY] = [(number + 0.5) * pane, height / 2];
    const left = Math.max(Math.ceil(number * pane), Math.ceil(midX + Math.min(ax, bx, cx)));
    const right = Math.min(Math.ceil((number + 1) * pane) - 1, Math.floor(midX + Math.max(ax, bx, cx)));
    const top = Math.max(0, Math.ceil(midY - Math.max(ay, by, cy)));
    const low = Math.min(height - 1, Math.floor(midY - Math.min(ay, by, cy)));
    for (let row = top; row <= low; row += 1) {
      const y = midY - row;
      for (let column = left; column <= right; column += 1) {
        const x = column - midX;
        const u = ((bx - x) * (cy - y) - (cx - x) * (by - y)) / whole;
        const v = ((cx - x) * (ay - y) - (ax - x) * (cy - y)) / whole;
        if (u < 0 || v < 0 || u + v > 1) continue;
        const near = u * seen[a + 2] + v * seen[b + 2] + (1 - u - v) * seen[c + 2];
        const pixel = row * width + column;
        if (near <= depth[pixel]) continue;
        depth[pixel] = near;
        owner[pixel] = at;
      }
    }
  }

  function draw() {
    waiting = false;
    width = Math.round(canvas.parentElement.clientWidth);
    height = Math.round(canvas.parentElement.clientHeight);
    if (!paint || !width || !height) return;
    Object.assign(canvas, { width, height });
    const pane = width / devices.length;
    project((zoom * Math.min(height / size[1], pane / size[0])) / SHOWN);
    const depth = new Float32Array(width * height).fill(-Infinity);
    owner = new Int32Array(width * height).fill(-1);
    for (let number = 0; number < devices.length; number += 1) {
      for (let at = 0; at < face.length / 3; at += 1) fill(at, number, pane, depth);
    }
    const image = paint.createImageData(width, height);
    for (let pixel = 0; pixel < owner.length; pixel += 1) {
      const at = owner[pixel];
      if (at < 0) continue;
      const number = Math.min(devices.length - 1, Math.floor((pixel % width) / pane));
      const shade = body.shade(map, devices[number], at);
      const light = bright[face[3 * at]];
      for (let i = 0; i < 3; i += 1) {
        image.data[4 * pixel + i] = Math.min(255, light * (shade < 0 ? bare[i] : map.colours[3 * shade + i]));
      }
      image.data[4 * pixel + 3] = 255;
    }
    paint.putImageData(image, 0, 0);
    root.dataset.frames = String(Number(root.dataset.frames ?? 0) + 1);
  }

  function redraw() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  }

  /** Looks from somewhere else, the treated skin in the middle. */
  function lookFrom(next) {
    [eye, zoom] = [next, 1];
    ({ middle, size } = extentOf(body, axesOf(eye)));
    redraw();
  }

  function pointAt(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const at = owner[Math.floor(y) * width + Math.floor(x)] ?? -1;
    const number = Math.min(devices.length - 1, Math.max(0, Math.floor((x * devices.length) / width)));
    return at < 0 ? null : { face: at, device: devices[number], x, y };
  }

  new ResizeObserver(redraw).observe(canvas.parentElement);
  return {
    turns: false,
    pointAt,
    look: (name) => lookFrom(LOOKS[name]),
    face: (zone) => {
      const found = middleOf(body, normal, zone);
      if (found) lookFrom(found.towards);
    },
    turn: (aside, up, closer) => {
      const flat = Math.hypot(eye[0], eye[2]);
      const heading = Math.atan2(eye[0], eye[2]) + aside;
      const tilt = Math.min(1.5, Math.max(-1.5, Math.atan2(eye[1], flat) + up));
      eye = [Math.sin(heading) * Math.cos(tilt), Math.sin(tilt), Math.cos(heading) * Math.cos(tilt)];
      zoom = Math.min(12, Math.max(0.4, zoom / closer));
      redraw();
    },
    show: (next, which) => {
      [map, devices] = [body.maps[next], which];
      redraw();
    },
  };
}
