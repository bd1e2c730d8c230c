// The body in WebGL: one mesh a roller, of shared places, each in a pane of its own; all panes have one camera.

import {
  AmbientLight,
  BufferAttribute,
  BufferGeometry,
  Color,
  DirectionalLight,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshStandardMaterial,
  OrthographicCamera,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";
import { axesOf, bordersOf, extentOf, LOOKS, middleOf, normalsOf } from "./body_shape.js";

const SHOWN = 1.14; // times the treated skin as it is seen
const LIFT_MM = 0.25; // of borders over the skin

/** Starts the scene; null without WebGL. */
export function startTurning(root, canvas, body) {
  const gl = canvas.getContext("webgl2", { alpha: true, antialias: true });
  if (!gl) return null;
  const renderer = new WebGLRenderer({ canvas, context: gl, alpha: true });
  renderer.setPixelRatio(Math.min(window.devicePixelRatio, 2));
  renderer.setScissorTest(true);
  renderer.autoClear = false;

  const faces = body.face.length / 3;
  const normal = normalsOf(body);
  const [places, normals] = [new Float32Array(9 * faces), new Float32Array(9 * faces)];
  for (let at = 0; at < 3 * faces; at += 1) {
    places.set(body.place.subarray(3 * body.face[at], 3 * body.face[at] + 3), 3 * at);
    normals.set(normal.subarray(3 * body.face[at], 3 * body.face[at] + 3), 3 * at);
  }
  const shared = { position: new BufferAttribute(places, 3), normal: new BufferAttribute(normals, 3) };
  const geometries = body.devices.map(() => {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", shared.position);
    geometry.setAttribute("normal", shared.normal);
    geometry.setAttribute("color", new BufferAttribute(new Float32Array(9 * faces), 3));
    return geometry;
  });
  const material = new MeshStandardMaterial({ vertexColors: true, roughness: 0.85, metalness: 0 });
  const mesh = new Mesh(geometries[0], material);

  const edges = bordersOf(body);
  const lines = new Float32Array(6 * edges.length);
  edges.forEach(([a, b], number) => {
    [a, b].forEach((corner, end) => {
      for (let i = 0; i < 3; i += 1) {
        lines[6 * number + 3 * end + i] = body.place[3 * corner + i] + LIFT_MM * normal[3 * corner + i];
      }
    });
  });
  const border = new BufferGeometry();
  border.setAttribute("position", new BufferAttribute(lines, 3));
  const scene = new Scene();
  const camera = new OrthographicCamera(-1, 1, 1, -1, 1, 4000);
  const sun = new DirectionalLight(0xffffff, 1.5);
  const fill = new DirectionalLight(0xffffff, 0.6);
  scene.add(mesh, new LineSegments(border, new LineBasicMaterial({ color: body.border })));
  scene.add(new AmbientLight(0xffffff, 1.6), camera);
  sun.position.set(-0.35, 0.7, 1);
  fill.position.set(0.9, -0.2, 0.5);
  camera.add(sun, fill); // lights go with the eye: the side that is looked at is lit
  const controls = new OrbitControls(camera, canvas);
  controls.enablePan = false;
  let { size } = extentOf(body, axesOf(LOOKS.front));
  const away = 4 * Math.max(...size);
  camera.far = 3 * away;
  let devices = [0];
  let waiting = false;

  const pane = () => canvas.clientWidth / devices.length;

  function fit() {
    const aspect = pane() / Math.max(canvas.clientHeight, 1);
    const half = (SHOWN / 2) * Math.max(size[1], size[0] / aspect);
    Object.assign(camera, { top: half, bottom: -half, right: half * aspect, left: -half * aspect });
    camera.updateProjectionMatrix();
  }

  function draw() {
    waiting = false;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    devices.forEach((device, number) => {
      mesh.geometry = geometries[device];
      renderer.setViewport(number * pane(), 0, pane(), height);
      renderer.setScissor(number * pane(), 0, pane(), height);
      renderer.clear();
      renderer.render(scene, camera);
    });
    root.dataset.frames = String(Number(root.dataset.frames ?? 0) + 1);
    if (!width) root.dataset.frames = "0";
  }

  function redraw() {
    if (!waiting) {
      waiting = true;
      requestAnimationFrame(draw);
    }
  }

  function paint(map, device) {
    const colours = geometries[device].attributes.color.array;
    const inks = Array.from({ length: 256 }, (_, at) => {
      const [r, g, b] = map.colours.subarray(3 * at, 3 * at + 3);
      return new Color().setRGB(r / 255, g / 255, b / 255, "srgb").toArray();
    });
    const bare = new Color(body.bare).toArray();
    for (let face = 0; face < faces; face += 1) {
      const shade = body.shade(map, device, face);
      const ink = shade < 0 ? bare : inks[shade];
      for (let corner = 0; corner < 3; corner += 1) colours.set(ink, 9 * face + 3 * corner);
    }
    geometries[device].attributes.color.needsUpdate = true;
  }

  function lookFrom(eye) {
    const seen = extentOf(body, axesOf(eye));
    ({ size } = seen);
    controls.target.set(...seen.middle);
    camera.position.copy(controls.target).addScaledVector(new Vector3(...eye).normalize(), away);
    camera.zoom = 1;
    camera.lookAt(controls.target);
    fit();
    controls.update();
    redraw();
  }

  const caster = new Raycaster();
  function pointAt(event) {
    const box = canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const number = Math.min(devices.length - 1, Math.max(0, Math.floor(x / pane())));
    const within = new Vector2((2 * (x - number * pane())) / pane() - 1, 1 - (2 * y) / box.height);
    camera.updateMatrixWorld();
    caster.setFromCamera(within, camera);
    const [found] = caster.intersectObject(mesh);
    return found ? { face: found.faceIndex, device: devices[number], x, y } : null;
  }

  function turn(aside, up, closer) {
    const offset = camera.position.clone().sub(controls.target);
    offset.applyAxisAngle(new Vector3(0, 1, 0), aside);
    const flat = Math.hypot(offset.x, offset.z);
    const tilt = Math.min(1.5, Math.max(-1.5, Math.atan2(offset.y, flat) + up));
    const heading = Math.atan2(offset.x, offset.z);
    offset.set(Math.sin(heading) * Math.cos(tilt), Math.sin(tilt), Math.cos(heading) * Math.cos(tilt));
    camera.position.copy(controls.target).addScaledVector(offset, away);
    camera.zoom = Math.min(12, Math.max(0.4, camera.zoom / closer));
    camera.updateProjectionMatrix();
    camera.lookAt(controls.target);
    controls.update();
    redraw();
  }

  const watch = new ResizeObserver(() => {
    const { clientWidth, clientHeight } = canvas.parentElement;
    renderer.setSize(clientWidth, clientHeight, false);
    fit();
    redraw();
  });
  watch.observe(canvas.parentElement);
  controls.addEventListener("change", redraw);

  return {
    turns: true,
    end: () => {
      watch.disconnect();
      renderer.dispose();
      renderer.forceContextLoss(); // a browser has few contexts
    },
    turn,
    pointAt,
    look: (name) => lookFrom(LOOKS[name]),
    face: (zone) => {
      const found = middleOf(body, normal, zone);
      if (found) lookFrom(found.towards);
    },
    show: (map, which) => {
      devices = which;
      for (const device of which) paint(body.maps[map], device);
      fit();
      redraw();
    },
  };
}
