// The bytes between the page and its server: length of a JSON head, the head, 32-bit floats.

/** @returns {{head: object, values: Float32Array}} */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  return { head, values: new Float32Array(buffer, 4 + length) };
}

/** @returns {Blob} */
export function pack(head, values) {
  let text = JSON.stringify(head);
  text += " ".repeat((4 - (new TextEncoder().encode(text).length % 4)) % 4);
  const bytes = new TextEncoder().encode(text);
  const length = new ArrayBuffer(4);
  new DataView(length).setUint32(0, bytes.length, true);
  return new Blob([length, bytes, values]);
}

/** @returns {ArrayBuffer} audio of a run */
export function packAudio(run, samples) {
  const buffer = new ArrayBuffer(4 + samples.length * 4);
  new DataView(buffer).setUint32(0, run, true);
  new Float32Array(buffer, 4).set(samples);
  return buffer;
}
