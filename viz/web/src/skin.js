// The layers of the skin: slabs of unit thickness, stretched to what the cutting depth leaves of each layer.

import { ExtrudeGeometry, Group, Mesh, MeshLambertMaterial, Path, Shape, Vector2 } from "three";

const SEAM_MM = 0.001; // between slabs, so that no two faces share a plane
const inks = []; // of each layer, kept from one skin to the next: a shader takes long

function inkOf(number, colour) {
  inks[number] ??= new MeshLambertMaterial();
  inks[number].color.set(colour);
  return inks[number];
}

function shapesOf(polygons) {
  return polygons.map(([outline, ...holes]) => {
    const points = (ring) => ring.map(([x, y]) => new Vector2(x, y));
    const shape = new Shape(points(outline));
    shape.holes = holes.map((ring) => new Path(points(ring)));
    return shape;
  });
}

/**
 * Returns the group of layers, and a function that shows them below a cutting depth [mm] as far as they are wanted, with
 * the part before the cut or without it.
 */
export function buildSkin({ layers, whole, opened }) {
  const group = new Group();
  const wholeSlab = new ExtrudeGeometry(shapesOf(whole), { depth: 1, bevelEnabled: false });
  const openedSlab = new ExtrudeGeometry(shapesOf(opened), { depth: 1, bevelEnabled: false });
  const slabs = layers.map((layer, number) => {
    const ink = inkOf(number, layer.colour);
    const parts = [new Mesh(wholeSlab, ink), new Mesh(openedSlab, ink)];
    group.add(...parts);
    return parts;
  });
  const show = (cutMm, wanted, isOpen) => {
    slabs.forEach((parts, number) => {
      const top = Math.max(layers[number].top_mm, cutMm);
      const height = layers[number].bottom_mm - top - SEAM_MM;
      for (const part of parts) {
        part.visible = wanted[number] && height > 0 && !(isOpen && part === parts[1]);
        part.scale.z = Math.max(height, SEAM_MM);
        part.position.z = -layers[number].bottom_mm + SEAM_MM;
      }
    });
  };
  const dispose = () => {
    wholeSlab.dispose();
    openedSlab.dispose();
  };
  return { group, show, dispose };
}
