// A needle's shape, as scene and section draw it.

/** Half-width of a needle at a distance from its tip [mm], as in the shader of the channels. */
export function halfWidthMm(needle, s) {
  const [tip, slope, atTip, shaft] = needle.shape;
  if (s <= 0) return 0;
  return s < needle.sphere_end_mm ? Math.sqrt(s * (2 * tip - s)) : Math.min(slope * s + atTip, shaft);
}
