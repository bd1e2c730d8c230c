// All channels of a device as one instanced body. Pass, cutting depth, peak or residual and the channel pointed at are
// uniforms of its shader: a slider changes one number and no geometry.

import {
  DataTexture,
  DoubleSide,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  BufferAttribute,
  LinearFilter,
  Mesh,
  RGBAFormat,
  ShaderMaterial,
  Vector2,
  Vector4,
} from "three";
import { halfWidthMm } from "./needle.js";

// Of the tip's distance over the depth. Channels a few pixels wide need no round bodies: a quarter of the faces do.
const FINE = { levels: [0, 0.03, 0.12, 0.35, 0.7, 1], sides: 10 };
const COARSE = { levels: [0, 0.3, 1], sides: 5 };
const FINE_FROM_PX = 7; // width on the screen
const LEAST_WIDTH_PX = 0.9; // half-width at which a distant channel is still drawn
const LIFT_MM = 0.004; // mouths stand out of the surface by a hair, and cut channels out of the cut, so that they show
export const UNCUT_MM = -1e6; // where the skin is whole

// A channel at relative height t from its end: as wide as the needle there while it was in (DESIGN 4.4). The residual
// channel keeps that shape over its smaller depth. Above the cut everything is moved down into it. Where the skin is cut
// open, what stands before that plane is moved back into it, along the chord that the plane cuts out of the channel.
const VERTEX = /* glsl */ `
  in vec2 aPlace;
  in vec2 aEnd;
  in vec2 aAspectTurn;
  in float aTime;
  uniform float uTime, uCut, uResidual, uLift, uSheet, uLeast, uOpen;
  uniform vec2 uDepths;
  uniform vec4 uNeedle; // tip radius, slope of the cone, its half-width at distance 0, half-width of the shaft
  uniform float uSphereEnd;
  uniform int uPointed;
  out float vShade;
  out float vPointed;
  out vec3 vView;

  float halfWidth(float s) {
    float cone = min(uNeedle.y * s + uNeedle.z, uNeedle.w);
    float sphere = sqrt(max(s * (2.0 * uNeedle.x - s), 0.0));
    return s < uSphereEnd ? sphere : cone;
  }

  // Ends along x of the chord that the plane cuts out of an ellipse turned by (c, s), from its middle; one point if none.
  vec2 chord(vec2 half_, float c, float s, float y) {
    vec2 along = vec2(c, -s) / half_, across = vec2(s, c) / half_ * y;
    float a = dot(along, along), b = dot(along, across), found = b * b - a * (dot(across, across) - 1.0);
    return (vec2(-b) + vec2(-1.0, 1.0) * sqrt(max(found, 0.0))) / a;
  }

  void main() {
    float peak = aEnd.x, end = mix(aEnd.x, aEnd.y, uResidual);
    float most = 1.0 - uCut / max(end, 1e-6);
    float reach = max(halfWidth(peak) * max(aAspectTurn.x, 1.0), uSheet);
    if (aTime > uTime || most <= 0.0 || aPlace.y + reach < uOpen) {
      gl_Position = vec4(2.0, 2.0, 2.0, 1.0);
      return;
    }
    float t = min(position.z, most);
    float width = max(halfWidth(t * peak), uLeast * t);
    vec2 section = uSheet > 0.0
      ? vec2(width, uSheet) * sign(position.xy) * step(0.01, abs(position.xy))
      : width * vec2(1.0 + (aAspectTurn.x - 1.0) * t, 1.0) * position.xy;
    float c = cos(aAspectTurn.y), s = sin(aAspectTurn.y);
    vec2 aside = vec2(c * section.x - s * section.y, s * section.x + c * section.y);
    float plane = uOpen - aPlace.y; // from the channel's axis
    if (aside.y < plane) {
      vec2 ends = uSheet > 0.0 ? aside.xx
        : chord(max(width, 1e-6) * vec2(1.0 + (aAspectTurn.x - 1.0) * t, 1.0), c, s, plane);
      aside = vec2(clamp(aside.x, ends.x, ends.y), plane - uLift);
    }
    vec3 place = vec3(aPlace + aside, 0.0);
    place.z = -end * (1.0 - t) + uLift;
    vShade = clamp((end - uDepths.x) / max(uDepths.y - uDepths.x, 1e-6), 0.0, 1.0);
    vPointed = gl_InstanceID == uPointed ? 1.0 : 0.0;
    vec4 view = modelViewMatrix * vec4(place, 1.0);
    vView = view.xyz;
    gl_Position = projectionMatrix * view;
  }
`;

const FRAGMENT = /* glsl */ `
  uniform sampler2D uMap;
  in float vShade;
  in float vPointed;
  in vec3 vView;
  out vec4 colour;

  void main() {
    vec3 normal = normalize(cross(dFdx(vView), dFdy(vView)));
    float light = 0.72 + 0.28 * abs(dot(normal, normalize(vec3(0.3, 0.5, 0.8))));
    vec3 ink = texture(uMap, vec2(vShade * 0.996 + 0.002, 0.5)).rgb * light;
    colour = vec4(mix(ink, vec3(1.0, 0.16, 0.1), vPointed), 1.0);
  }
`;

/** A body of unit radius: rings of corners from the end (t = 0) to the mouth (t = 1), closed by a cap. */
function unitBody({ levels, sides }) {
  const places = [];
  const faces = [];
  levels.forEach((t) => {
    for (let side = 0; side < sides; side += 1) {
      const turn = (2 * Math.PI * (side + 0.5)) / sides;
      places.push(Math.cos(turn), Math.sin(turn), t);
    }
  });
  for (let level = 0; level + 1 < levels.length; level += 1) {
    for (let side = 0; side < sides; side += 1) {
      const [a, b] = [level * sides + side, level * sides + ((side + 1) % sides)];
      faces.push(a, b, b + sides, a, b + sides, a + sides);
    }
  }
  const [first, middle] = [(levels.length - 1) * sides, levels.length * sides];
  places.push(0, 0, 1);
  for (let side = 0; side < sides; side += 1) faces.push(first + side, first + ((side + 1) % sides), middle);
  const body = new InstancedBufferGeometry();
  body.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  body.setIndex(faces);
  return body;
}

export function colourMap(bytes) {
  const texture = new DataTexture(bytes, bytes.length / 4, 1, RGBAFormat);
  texture.minFilter = LinearFilter;
  texture.magFilter = LinearFilter;
  texture.needsUpdate = true;
  return texture;
}

/** Returns what channels of one device are drawn with; it is kept from one body to the next, since a shader takes long. */
export function channelInk() {
  return new ShaderMaterial({
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    glslVersion: "300 es",
    side: DoubleSide,
    uniforms: {
      uTime: { value: 0 },
      uCut: { value: 0 },
      uResidual: { value: 0 },
      uLift: { value: LIFT_MM },
      uOpen: { value: UNCUT_MM },
      uLeast: { value: 0 },
      uSheet: { value: 0 },
      uDepths: { value: new Vector2() },
      uNeedle: { value: new Vector4() },
      uSphereEnd: { value: 0 },
      uPointed: { value: -1 },
      uMap: { value: null },
    },
  });
}

/** Returns the mesh of all channels of a device, its uniforms, and what fits it to the size of a pixel. */
export function buildChannels(device, map, depthsMm, ink) {
  const { channels, needle } = device;
  const bodies = [FINE, COARSE].map((body) => unitBody(needle.sheet_mm ? { ...body, sides: 4 } : body));
  const pairs = (a, b) => {
    const both = new Float32Array(2 * channels.count);
    for (let at = 0; at < channels.count; at += 1) {
      both[2 * at] = a[at];
      both[2 * at + 1] = b[at];
    }
    return new InstancedBufferAttribute(both, 2);
  };
  const each = {
    aPlace: pairs(channels.x, channels.y),
    aEnd: pairs(channels.peakMm, channels.residualMm),
    aAspectTurn: pairs(channels.aspect, channels.turn),
    aTime: new InstancedBufferAttribute(channels.time, 1),
  };
  for (const body of bodies) {
    for (const [name, values] of Object.entries(each)) body.setAttribute(name, values);
    body.instanceCount = channels.count;
  }
  const { uniforms } = ink;
  uniforms.uSheet.value = needle.sheet_mm / 2;
  uniforms.uDepths.value.set(...depthsMm);
  uniforms.uNeedle.value.copy(needle.shape);
  uniforms.uSphereEnd.value = needle.sphere_end_mm;
  uniforms.uMap.value = map;
  const mesh = new Mesh(bodies[0], ink);
  mesh.frustumCulled = false;
  const deepest = channels.peakMm.reduce((most, depth) => Math.max(most, depth), 0);
  const widest = 2 * halfWidthMm(needle, deepest);
  /** Fits the bodies to the size of a pixel [mm]: none thinner than can be seen, none rounder than can be seen. */
  const fit = (pixelMm) => {
    uniforms.uLeast.value = LEAST_WIDTH_PX * pixelMm;
    mesh.geometry = bodies[widest < FINE_FROM_PX * pixelMm ? 1 : 0];
  };
  const dispose = () => {
    for (const body of bodies) body.dispose();
  };
  return { mesh, uniforms, fit, dispose };
}
