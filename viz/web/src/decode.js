// Arrays of the scene travel as base64 of little-endian numbers.

const KINDS = { f4: Float32Array, u4: Uint32Array, u2: Uint16Array, u1: Uint8Array };

/** Returns the typed array of {kind, data}. */
export function decode({ kind, data }) {
  const text = atob(data);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return new KINDS[kind](bytes.buffer);
}
