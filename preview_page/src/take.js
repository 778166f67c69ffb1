// Frames of one face, by their index, and the face between two of them.
export const NUM_CURVES = 52;
const FRAME_VALUES = NUM_CURVES + 4;
const REST = new Float32Array(FRAME_VALUES);
REST[FRAME_VALUES - 1] = 1;

export class Take {
  constructor(rateHz = 25) {
    this.rateHz = rateHz;
    this.clear();
  }

  clear() {
    this.values = new Float32Array(FRAME_VALUES * 256);
    this.first = 0;
    this.end = 0;
  }

  /** Seconds up to which frames are known. */
  get endS() {
    return this.end / this.rateHz;
  }

  /** Forget everything from a frame on. */
  cut(index) {
    this.end = Math.min(this.end, index);
    this.first = Math.min(this.first, index);
    if (this.end <= this.first) this.first = this.end = index;
  }

  put(index, values) {
    const count = values.length / FRAME_VALUES;
    while ((index + count) * FRAME_VALUES > this.values.length) {
      const larger = new Float32Array(this.values.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    this.values.set(values, index * FRAME_VALUES);
    if (index > this.end) this.first = index;
    this.end = index + count;
  }

  /** Whether a moment can be shown. */
  has(timeS) {
    return this.end > this.first && timeS * this.rateHz <= this.end - 1 + 1e-6;
  }

  frame(index) {
    if (this.end <= this.first) return REST;
    const kept = Math.min(Math.max(index, this.first), this.end - 1);
    return this.values.subarray(kept * FRAME_VALUES, (kept + 1) * FRAME_VALUES);
  }

  /** The face at a moment: curves and head, straight between neighbouring frames. */
  at(timeS) {
    const place = timeS * this.rateHz;
    const index = Math.floor(place);
    const part = place - index;
    const [early, late] = [this.frame(index), this.frame(index + 1)];
    const weights = new Float32Array(NUM_CURVES);
    for (let i = 0; i < NUM_CURVES; i++) weights[i] = early[i] + part * (late[i] - early[i]);
    let dot = 0;
    for (let i = NUM_CURVES; i < FRAME_VALUES; i++) dot += early[i] * late[i];
    const head = [0, 0, 0, 0];
    for (let i = 0; i < 4; i++) {
      const a = early[NUM_CURVES + i];
      head[i] = a + part * ((dot < 0 ? -1 : 1) * late[NUM_CURVES + i] - a);
    }
    const length = Math.hypot(...head) || 1;
    return { weights, head: head.map((value) => value / length) };
  }

  /** Numbers of the frames from `start` to before `end`. */
  slice(start = this.first, end = this.end) {
    return this.values.slice(Math.max(start, this.first) * FRAME_VALUES, Math.min(end, this.end) * FRAME_VALUES);
  }
}
