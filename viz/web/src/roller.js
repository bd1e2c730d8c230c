// The roller, and where it was at any moment: the time 3.25 is a quarter of the way through the fourth stroke.

import {
  CylinderGeometry,
  Group,
  InstancedMesh,
  LatheGeometry,
  BoxGeometry,
  Matrix4,
  Mesh,
  MeshPhongMaterial,
  Vector2,
} from "three";
import { halfWidthMm } from "./needle.js";

const ROOT_MM = 0.3; // needles reach into the drum by this
const TILT_RAD = Math.PI / 5; // of the handle
const HANDLE_MM = 120;
const inks = {}; // of metals, kept from one roller to the next: a shader takes long
const NEEDLE_LEVELS = [0, 0.004, 0.02, 0.08, 0.2, 0.4, 0.6, 0.8, 1];

const metal = (color, shininess) =>
  (inks[`${color} ${shininess}`] ??= new MeshPhongMaterial({ color, shininess, specular: 0x555555 }));

function needleBody(needle, length) {
  if (needle.sheet_mm) {
    return new BoxGeometry(needle.shape[3] * 1.2, needle.sheet_mm, length).translate(0, 0, length / 2);
  }
  const outline = NEEDLE_LEVELS.map((share) => new Vector2(halfWidthMm(needle, share * length), share * length));
  return new LatheGeometry(outline, 10).rotateX(Math.PI / 2); // from the y axis to z, tip at 0
}

function bar(radius, length) {
  return new CylinderGeometry(radius, radius, length, 32);
}

/** Returns the group of a roller and a function that poses it at a place of a stroke. */
export function buildRoller(device, colours) {
  const { roller, needle, strokes } = device;
  const [group, turning] = [new Group(), new Group()];

  turning.add(new Mesh(bar(roller.radius_mm, roller.width_mm), metal(colours.drum, 20)));
  const length = roller.length_mm + ROOT_MM;
  const needles = new InstancedMesh(needleBody(needle, length), metal(colours.steel, 60), roller.angle.length);
  const [turn, shift] = [new Matrix4(), new Matrix4()];
  for (let at = 0; at < roller.angle.length; at += 1) {
    turn.makeRotationY(-roller.angle[at]);
    shift.makeTranslation(0, roller.along[at], -(roller.radius_mm + roller.length_mm));
    needles.setMatrixAt(at, turn.multiply(shift));
  }
  needles.frustumCulled = false;
  turning.add(needles);
  group.add(turning);

  const handle = new Group();
  const [thin, thick] = [0.12 * roller.radius_mm, 0.45 * roller.radius_mm];
  const [side, out] = [roller.width_mm / 2 + 2.5, roller.radius_mm + roller.length_mm + 6];
  const grip = metal(colours.handle, 30);
  const axle = new Mesh(bar(thin, 2 * side + thin), grip);
  const bridge = new Mesh(bar(thin, 2 * (side + thin)), grip);
  bridge.position.z = out;
  const arms = [-side, side].map((y) => {
    const arm = new Mesh(bar(thin, out), grip);
    arm.rotation.x = Math.PI / 2;
    arm.position.set(0, y, out / 2);
    return arm;
  });
  const rod = new Mesh(bar(thick, HANDLE_MM), grip);
  rod.rotation.x = Math.PI / 2;
  rod.position.z = out + HANDLE_MM / 2;
  handle.add(axle, bridge, rod, ...arms);
  handle.rotation.y = -TILT_RAD;
  group.add(handle);

  const pose = (stroke, alongMm) => {
    const heading = strokes.direction[stroke];
    const [ahead, left] = [Math.cos(heading), Math.sin(heading)];
    const across = strokes.across[stroke];
    group.position.set(alongMm * ahead - across * left, alongMm * left + across * ahead, roller.axle_height_mm);
    group.rotation.z = heading;
    turning.rotation.y = strokes.turn[stroke] + alongMm / roller.travel_per_turn_mm;
  };
  const dispose = () => {
    group.traverse((part) => {
      part.geometry?.dispose();
      if (part.isInstancedMesh) part.dispose();
    });
  };
  return { group, pose, dispose };
}
