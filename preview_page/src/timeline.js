// Waveform, phones and curves on one time axis, with the moment that is shown.

const INK = "#e8ebf0", QUIET = "#9aa4b2", LINE = "#2d3440", ACCENT = "#f0a45d";
const WINDOW_S = 10;
const LEFT = 92, RIGHT = 12;
const PANELS = [
  { name: "sound", share: 0.9 },
  { name: "jaw and lips", share: 1.3, top: 0.5, lines: [
    { label: "jawOpen", colour: "#7fb0f0", curves: ["jawOpen"] }, { label: "mouthClose", colour: "#f08a85", curves: ["mouthClose"] }] },
  { name: "lip shape", share: 1.1, top: 0.8, lines: [
    { label: "pucker", colour: "#b79be0", curves: ["mouthPucker"] }, { label: "funnel", colour: "#72c994", curves: ["mouthFunnel"] },
    { label: "smile", colour: ACCENT, curves: ["mouthSmileLeft", "mouthSmileRight"] }] },
  { name: "eyes, brows", share: 1, top: 1, lines: [
    { label: "blink", colour: INK, curves: ["eyeBlinkLeft", "eyeBlinkRight"] }, { label: "brow up", colour: "#7fb0f0", curves: ["browInnerUp"] },
    { label: "brow down", colour: "#f08a85", curves: ["browDownLeft", "browDownRight"] }] },
];

export class Timeline {
  constructor(canvas, curveNames) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.panels = PANELS.map((panel) => ({
      ...panel, lines: (panel.lines ?? []).map((line) => ({ ...line, places: line.curves.map((name) => curveNames.indexOf(name)) })),
    }));
    this.startS = 0;
    this.spanS = WINDOW_S;
  }

  /** The moment under a point of the screen, in seconds. */
  timeAt(clientX) {
    const box = this.canvas.getBoundingClientRect();
    return this.startS + ((clientX - box.left - LEFT) / (box.width - LEFT - RIGHT)) * this.spanS;
  }

  draw(show, phones) {
    const { context } = this;
    const ratio = devicePixelRatio || 1;
    const width = this.canvas.clientWidth, height = this.canvas.clientHeight;
    if (this.canvas.width !== Math.round(width * ratio)) this.canvas.width = Math.round(width * ratio);
    if (this.canvas.height !== Math.round(height * ratio)) this.canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.place(show);
    this.width = width;
    const total = this.panels.reduce((sum, panel) => sum + panel.share, 0);
    let top = 6;
    for (const panel of this.panels) {
      const tall = ((height - 26) * panel.share) / total - 6;
      this.drawFrame(panel, top, tall);
      if (panel.name === "sound") this.drawSound(show, phones, top, tall);
      else this.drawLines(show, panel, top, tall);
      top += tall + 6;
    }
    this.drawAxis(height);
    const x = this.xOf(show.placeS);
    context.fillStyle = ACCENT;
    context.fillRect(x - 0.75, 4, 1.5, height - 22);
  }

  /** Choose what part of the time is seen: all of what is short, or what is around the moment. */
  place(show) {
    const durationS = show.kind === "microphone" ? 0 : show.durationS;
    this.spanS = durationS > 0 && durationS <= WINDOW_S * 1.5 ? Math.max(durationS, 1) : WINDOW_S;
    if (show.kind === "microphone") this.startS = Math.max(0, show.placeS - WINDOW_S * 0.9);
    else this.startS = durationS <= this.spanS ? 0 : Math.max(0, Math.min(show.placeS - WINDOW_S / 2, durationS - WINDOW_S));
  }

  xOf(timeS) {
    return LEFT + ((timeS - this.startS) / this.spanS) * (this.width - LEFT - RIGHT);
  }

  drawFrame(panel, top, tall) {
    const { context } = this;
    context.fillStyle = LINE;
    context.fillRect(LEFT, top + tall, this.width - LEFT - RIGHT, 1);
    context.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    context.textAlign = "right";
    context.textBaseline = "top";
    context.fillStyle = QUIET;
    context.fillText(panel.name, LEFT - 10, top);
    panel.lines.forEach((line, index) => {
      if (14 * (index + 2) > tall + 14) return;
      context.fillStyle = line.colour;
      context.fillText(line.label, LEFT - 10, top + 14 * (index + 1));
    });
  }

  drawSound(show, phones, top, tall) {
    const { context } = this;
    const { stepS, values } = show.peaks;
    const middle = top + tall / 2;
    const loudest = Math.max(0.05, show.loudest ?? 1);
    const from = Math.max(0, Math.floor(this.startS / stepS)), to = Math.min(values.length, Math.ceil((this.startS + this.spanS) / stepS));
    const wide = Math.max(1, this.xOf(stepS) - this.xOf(0));
    context.fillStyle = "#5f86bd";
    for (let i = from; i < to; i++) {
      const half = Math.max(0.5, (values[i] / loudest) * tall * 0.48);
      context.fillRect(this.xOf(i * stepS), middle - half, wide, 2 * half);
    }
    context.textAlign = "center";
    context.textBaseline = "bottom";
    for (const [startS, endS, phone] of phones) {
      const [x, end] = [this.xOf(startS), this.xOf(endS)];
      if (end < LEFT || x > this.width - RIGHT) continue;
      context.fillStyle = "#ffffff22";
      context.fillRect(end, top, 1, tall);
      if (phone === "SIL" || end - x < context.measureText(phone).width) continue;
      context.fillStyle = INK;
      context.fillText(phone, (x + end) / 2, top + tall);
    }
  }

  drawLines(show, panel, top, tall) {
    const { context } = this;
    context.save();
    context.beginPath();
    context.rect(LEFT, top - 2, this.width - LEFT - RIGHT, tall + 4);
    context.clip();
    for (let face = show.numFaces - 1; face >= 0; face--) {
      const take = show.takes[face];
      const first = Math.max(take.first, Math.floor(this.startS * take.rateHz) - 1);
      const end = Math.min(take.end, Math.ceil((this.startS + this.spanS) * take.rateHz) + 2);
      context.setLineDash(face ? [4, 3] : []);
      context.lineWidth = face ? 1 : 1.5;
      for (const line of panel.lines) {
        context.strokeStyle = line.colour;
        context.beginPath();
        for (let index = first; index < end; index++) {
          const frame = take.frame(index);
          const value = line.places.reduce((sum, place) => sum + frame[place], 0) / line.places.length;
          context.lineTo(this.xOf(index / take.rateHz), top + tall * (1 - value / panel.top));
        }
        context.stroke();
      }
    }
    context.restore();
  }

  drawAxis(height) {
    const { context } = this;
    context.fillStyle = QUIET;
    context.textAlign = "center";
    context.textBaseline = "bottom";
    for (let second = Math.ceil(this.startS); second <= this.startS + this.spanS; second++) {
      context.fillText(`${second} s`, this.xOf(second), height - 3);
    }
  }
}
