// What is being performed: a speech, a take or the microphone, its frames and its place in time.
import { Microphone, Speaker } from "./sound.js";
import { Take } from "./take.js";

const RATE_HZ = 25;
const PIECE_S = 0.02;
/** Seconds of audio that are sent ahead of what is heard: the window and its look-ahead, and some more. */
const LEADS_S = { realtime: 0.5, balanced: 1.5, offline: 4.8 };
const START_S = 0.16; // frames that must be there before the sound starts
const RESTART_S = 0.12; // what a new run leaves of the old one while it speaks
const MICROPHONE_SLACK_S = 0.05; // of frames kept against late ones
const PEAK_S = 0.01;

/** Events: `changed` when what can be done has changed, `failed` with a message. */
export class Performance extends EventTarget {
  /** @param settings gives the settings of the faces, as the server wants them */
  constructor(talk, settings) {
    super();
    this.talk = talk;
    this.settings = settings;
    this.speaker = new Speaker();
    this.kind = "nothing";
    this.takes = [new Take(RATE_HZ), new Take(RATE_HZ)];
    this.peaks = { stepS: PEAK_S, values: [] };
    this.numLate = 0;
    this.isComplete = false;
    talk.addEventListener("frames", ({ detail }) => this.receive(detail));
    talk.addEventListener("ended", ({ detail }) => this.end(detail.face));
    talk.addEventListener("failed", ({ detail }) => this.fail(detail.message));
    talk.addEventListener("gone", () => this.isRunning && this.fail("the preview's server is gone; trying to reach it again"));
    setInterval(() => this.tick(), PIECE_S * 1000);
  }

  get numFaces() {
    return this.kind === "take" ? 1 : this.settings().length;
  }

  get durationS() {
    if (this.kind === "take") return this.takes[0].endS;
    return this.kind === "speech" ? this.speaker.durationS : this.placeS;
  }

  get isPlaying() {
    return this.kind === "microphone" || this.isWaiting || this.speaker.isPlaying || this.silentStartMs !== undefined;
  }

  /** Seconds of frames that are there beyond what is shown. */
  get aheadS() {
    return Math.min(...this.takes.slice(0, this.numFaces).map((take) => take.endS)) - this.placeS;
  }

  /** The moment that is shown, in seconds. */
  get placeS() {
    if (this.kind === "microphone") return this.shownS;
    if (this.silentStartMs !== undefined) return (performance.now() - this.silentStartMs) / 1000;
    return this.speaker.placeS;
  }

  loadSpeech(name, samples, rateHz) {
    this.reset("speech", name);
    this.speaker.load(samples, rateHz);
    this.peaks = peaksOf(samples, rateHz);
    this.changed();
  }

  loadTake(name, values, rateHz) {
    this.reset("take", name);
    this.speaker.load(new Float32Array(0), 16000);
    this.takes[0].rateHz = rateHz;
    this.takes[0].put(0, values);
    this.isComplete = true;
    this.peaks = { stepS: PEAK_S, values: [] };
    this.changed();
  }

  reset(kind, name) {
    this.pause();
    this.leaveMicrophone();
    this.kind = kind;
    this.name = name;
    this.isComplete = false;
    this.isDirty = false;
    this.firstFrameMs = undefined;
    this.numLate = 0;
    for (const take of this.takes) {
      take.rateHz = RATE_HZ;
      take.clear();
    }
  }

  async play() {
    if (this.isPlaying || this.kind === "nothing") return;
    const atEnd = this.placeS > this.durationS - 0.02;
    const fromS = atEnd ? 0 : this.placeS;
    if (this.kind === "take") {
      this.silentStartMs = performance.now() - fromS * 1000;
    } else if (this.isComplete && !this.isDirty && fromS >= this.takes[0].first / RATE_HZ) {
      await this.speaker.play(fromS);
    } else {
      this.begin(fromS);
    }
    this.changed();
  }

  pause() {
    if (this.silentStartMs !== undefined) {
      this.speaker.stoppedS = this.placeS;
      this.silentStartMs = undefined;
    }
    this.speaker.hold(false);
    this.speaker.stop();
    this.isWaiting = false;
    if (this.isRunning) {
      this.talk.stop();
      this.isRunning = false;
      this.isDirty = true; // what was made may be less than the whole
    }
    this.changed();
  }

  seek(toS) {
    if (this.kind === "microphone" || this.kind === "nothing") return;
    const wasPlaying = this.isPlaying;
    this.pause();
    this.speaker.stoppedS = Math.min(Math.max(0, toS), this.durationS);
    if (wasPlaying) this.play();
  }

  /** Open a run from a place on; the sound follows when frames are there, or goes on. */
  begin(fromS) {
    const isHeard = this.speaker.isPlaying;
    this.offset = Math.floor((fromS + (isHeard ? RESTART_S : 0)) * RATE_HZ);
    for (const take of this.takes) take.cut(this.offset);
    this.sent = Math.round((this.offset / RATE_HZ) * this.speaker.rateHz);
    this.isSent = false;
    this.isComplete = this.isDirty = false;
    this.isRunning = true;
    this.ended = new Set();
    this.fromS = fromS;
    this.isWaiting = !isHeard;
    this.firstFrameMs = undefined;
    this.begunMs = performance.now();
    if (!isHeard) this.speaker.stoppedS = fromS;
    this.talk.speak(this.speaker.rateHz, this.settings());
  }

  /** Settings of a face have changed: what is spoken changes with them. */
  change(face, changes) {
    const canUpdate = this.isRunning && (this.kind === "microphone" || !this.isSent);
    if (canUpdate) this.talk.update(face, changes);
    else this.renew();
  }

  /** What holds for a whole stream has changed, or the number of faces: begin anew from here. */
  renew() {
    if (this.kind === "microphone") this.listen(this.microphoneRateHz);
    else if (this.kind === "speech" && this.isPlaying) this.begin(this.placeS);
    else this.isDirty = true;
  }

  tick() {
    if (this.kind === "microphone") return;
    if (this.isRunning && !this.isSent) this.send();
    if (this.isWaiting && this.has(this.fromS + START_S)) this.start();
    if (this.speaker.isPlaying) this.keepStep();
    if (this.isPlaying && !this.isWaiting && this.placeS >= this.durationS) this.finish();
  }

  send() {
    const { samples, rateHz } = this.speaker;
    const lead = LEADS_S[this.settings()[0].mode];
    const beginS = Math.max(this.placeS, this.offset / RATE_HZ);
    const until = Math.min(samples.length, Math.round((beginS + lead) * rateHz));
    const step = Math.round(PIECE_S * rateHz);
    while (this.sent < until) {
      const next = Math.min(until, this.sent + step);
      this.talk.audio(samples.subarray(this.sent, next));
      this.sent = next;
    }
    if (this.sent >= samples.length) {
      this.isSent = true;
      this.talk.finish();
    }
  }

  async start() {
    this.isWaiting = false;
    await this.speaker.play(this.fromS);
    this.changed();
  }

  /** Where frames are late the sound waits for them, so that both stay together. */
  keepStep() {
    const isThere = this.has(this.placeS + (this.isHeld ? START_S : 0.0));
    if (!isThere && !this.isHeld) this.numLate += 1;
    if (isThere === Boolean(this.isHeld)) {
      this.isHeld = !isThere;
      this.speaker.hold(this.isHeld);
    }
  }

  finish() {
    this.silentStartMs = undefined;
    this.speaker.stop(this.durationS);
    this.changed();
  }

  has(timeS) {
    const lastS = Math.min(timeS, this.durationS - 1 / RATE_HZ);
    return this.isComplete || this.takes.slice(0, this.numFaces).every((take) => take.has(lastS));
  }

  async hear() {
    this.reset("microphone", "microphone");
    this.microphone = new Microphone();
    this.peaks = { stepS: PIECE_S, values: [] };
    this.shownS = 0;
    this.loudest = 0.1;
    try {
      this.microphoneRateHz = await this.microphone.start((piece) => this.hearPiece(piece));
    } catch (error) {
      this.leaveMicrophone();
      this.kind = "nothing";
      this.fail(`no microphone: ${error.message}`);
      return;
    }
    this.listen(this.microphoneRateHz);
    this.changed();
  }

  listen(rateHz) {
    this.offset = Math.round(this.peaks.values.length * PIECE_S * RATE_HZ);
    this.isRunning = true;
    this.ended = new Set();
    this.firstFrameMs = undefined;
    this.begunMs = performance.now();
    const faces = this.settings().map((face) => ({ ...face, mode: face.mode === "offline" ? "balanced" : face.mode }));
    this.talk.speak(rateHz, faces);
  }

  hearPiece(piece) {
    this.microphoneMs ??= performance.now() - PIECE_S * 1000;
    const peak = peakOf(piece, 0, piece.length);
    this.peaks.values.push(peak);
    this.loudest = Math.max(this.loudest, peak);
    this.talk.audio(piece);
  }

  leaveMicrophone() {
    if (this.microphone) {
      this.microphone.stop();
      this.microphone = undefined;
      this.microphoneMs = undefined;
      this.talk.stop();
      this.isRunning = false;
    }
  }

  /** Back from the microphone; its take stays to be saved. */
  leave() {
    const place = this.placeS;
    this.leaveMicrophone();
    this.kind = "take";
    this.isComplete = true;
    this.speaker.stoppedS = place;
    this.changed();
  }

  /** How far the face is behind the voice, in seconds. */
  get behindVoiceS() {
    return (performance.now() - this.microphoneMs) / 1000 - this.shownS;
  }

  /** Move on by a picture: at the microphone, time is what frames are there for. */
  advance(elapsedS) {
    if (this.kind !== "microphone") return;
    const knownS = Math.min(...this.takes.slice(0, this.numFaces).map((take) => take.endS)) - 1 / RATE_HZ;
    const slackS = knownS - this.shownS;
    const pace = 1 + Math.min(0.5, Math.max(-0.5, (slackS - MICROPHONE_SLACK_S) * 2));
    this.shownS = Math.max(0, slackS > 0.6 ? knownS - MICROPHONE_SLACK_S : Math.min(knownS, this.shownS + elapsedS * pace));
  }

  receive({ face, first, values }) {
    this.firstFrameMs ??= performance.now() - this.begunMs;
    this.takes[face].put(this.offset + first, values);
  }

  end(face) {
    this.ended.add(face);
    if (this.ended.size < this.numFaces) return;
    this.isRunning = false;
    this.isComplete = this.takes[0].first === 0;
    this.isDirty = !this.isComplete;
    this.changed();
  }

  fail(message) {
    this.isRunning = false;
    if (this.kind === "microphone") this.leave();
    this.pause();
    this.isDirty = true;
    this.dispatchEvent(new CustomEvent("failed", { detail: message }));
  }

  changed() {
    this.dispatchEvent(new Event("changed"));
  }
}

function peaksOf(samples, rateHz) {
  const step = Math.round(PEAK_S * rateHz);
  const values = [];
  for (let start = 0; start < samples.length; start += step) values.push(peakOf(samples, start, start + step));
  return { stepS: step / rateHz, values };
}

function peakOf(samples, start, end) {
  let peak = 0;
  for (let i = start; i < Math.min(end, samples.length); i++) peak = Math.max(peak, Math.abs(samples[i]));
  return peak;
}
