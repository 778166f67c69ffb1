// Measures the page itself: pictures a second, and sound against face.

const FIGURES_MS = 66;
const KEPT = 120;
const MOST_AHEAD_S = 0.06;

export class Meter {
  constructor() {
    this.times = [];
    this.syncs = [];
    this.toldMs = 0;
  }

  /** Seconds since the picture before. */
  elapsedS(now) {
    const before = this.times.at(-1) ?? now;
    this.times.push(now);
    if (this.times.length > KEPT) this.times.shift();
    return Math.min(0.25, (now - before) / 1000);
  }

  picturesPerS() {
    const spanMs = this.times.at(-1) - this.times[0];
    return spanMs > 0 ? ((this.times.length - 1) * 1000) / spanMs : 0;
  }

  /** Whether drawing takes so long that it shows. */
  get isSlow() {
    return this.times.length > 45 && this.picturesPerS() < 24;
  }

  /** Half of the time for which a picture is seen, in seconds. */
  get halfPictureS() {
    return Math.min(MOST_AHEAD_S, 0.5 / Math.max(1, this.picturesPerS()));
  }

  /** How far a picture was ahead of the sound when it came, and when the next one came, in seconds. */
  noteSync(firstS, lastS) {
    this.syncs.push(Math.max(Math.abs(firstS), Math.abs(lastS)) * 1000);
    if (this.syncs.length > KEPT) this.syncs.shift();
  }

  /** Mean over the pictures of the most that sound and face were apart, in milliseconds. */
  get syncMs() {
    if (this.syncs.length === 0) return undefined;
    return this.syncs.reduce((sum, value) => sum + value, 0) / this.syncs.length;
  }

  isTimeForFigures(now, isWanted) {
    if (now - this.toldMs < (isWanted ? FIGURES_MS : 500)) return false;
    this.toldMs = now;
    return true;
  }
}
