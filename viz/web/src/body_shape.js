// What both drawings of a body share: normals, the borders of zones, and directions of looking.

/** Directions from the body to the eye: to its side, up, to the front. */
export const LOOKS = { front: [0, 0.05, 1], left: [0.66, 0.1, 0.75], right: [-0.66, 0.1, 0.75] };

/** Returns the mean normal of the faces around each corner, weighted by their area. */
export function normalsOf({ place, face }) {
  const normal = new Float32Array(place.length);
  for (let at = 0; at < face.length; at += 3) {
    const [a, b, c] = [3 * face[at], 3 * face[at + 1], 3 * face[at + 2]];
    const [ux, uy, uz] = [place[b] - place[a], place[b + 1] - place[a + 1], place[b + 2] - place[a + 2]];
    const [vx, vy, vz] = [place[c] - place[a], place[c + 1] - place[a + 1], place[c + 2] - place[a + 2]];
    const whole = [uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx];
    for (const corner of [a, b, c]) for (let i = 0; i < 3; i += 1) normal[corner + i] += whole[i];
  }
  for (let at = 0; at < normal.length; at += 3) {
    const long = Math.hypot(normal[at], normal[at + 1], normal[at + 2]) || 1;
    for (let i = 0; i < 3; i += 1) normal[at + i] /= long;
  }
  return normal;
}

/** Returns pairs of corners: edges that part a zone from other skin. */
export function bordersOf({ face, zoneOf, treated }) {
  const sides = new Map();
  for (let at = 0; at < treated; at += 1) {
    for (let side = 0; side < 3; side += 1) {
      const [a, b] = [face[3 * at + side], face[3 * at + ((side + 1) % 3)]];
      const key = a < b ? a * 4194304 + b : b * 4194304 + a;
      const other = sides.get(key);
      if (other === undefined) sides.set(key, [a, b, zoneOf[at]]);
      else if (other[2] === zoneOf[at]) sides.delete(key);
    }
  }
  return [...sides.values()];
}

/** Returns the middle of a zone and the mean normal there. */
export function middleOf({ place, face, zoneOf, treated }, normal, zone) {
  const middle = [0, 0, 0];
  const towards = [0, 0, 0];
  let count = 0;
  for (let at = 0; at < treated; at += 1) {
    if (zoneOf[at] !== zone) continue;
    for (let corner = 0; corner < 3; corner += 1) {
      const from = 3 * face[3 * at + corner];
      for (let i = 0; i < 3; i += 1) {
        middle[i] += place[from + i];
        towards[i] += normal[from + i];
      }
      count += 1;
    }
  }
  return count ? { middle: middle.map((sum) => sum / count), towards } : null;
}

/** Returns right, up and towards the eye, for an eye in some direction. */
export function axesOf(eye) {
  const long = Math.hypot(...eye);
  const back = eye.map((part) => part / long);
  const flat = Math.hypot(back[0], back[2]) || 1;
  const right = [back[2] / flat, 0, -back[0] / flat];
  const up = [
    back[1] * right[2] - back[2] * right[1],
    back[2] * right[0] - back[0] * right[2],
    back[0] * right[1] - back[1] * right[0],
  ];
  return [right, up, back];
}

/** Returns the middle of the treated skin as it is seen along some axes, and how wide, high and deep it then is. */
export function extentOf({ place, face, treated }, axes) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  const last = treated ? 3 * treated : face.length;
  for (let at = 0; at < last; at += 1) {
    const from = 3 * face[at];
    for (let i = 0; i < 3; i += 1) {
      const seen = axes[i][0] * place[from] + axes[i][1] * place[from + 1] + axes[i][2] * place[from + 2];
      low[i] = Math.min(low[i], seen);
      high[i] = Math.max(high[i], seen);
    }
  }
  const half = low.map((end, i) => (end + high[i]) / 2);
  const middle = [0, 1, 2].map((i) => axes[0][i] * half[0] + axes[1][i] * half[1] + axes[2][i] * half[2]);
  return { middle, size: low.map((end, i) => high[i] - end) };
}
