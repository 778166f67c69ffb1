// Sound out and in: a clip that is played with a clock of what is heard, and the microphone.

let context;

/** The one audio context; made at a click, because browsers keep silent before. */
function audioContext() {
  context ??= new AudioContext({ latencyHint: "interactive" });
  return context;
}

/** Seconds on the context's clock of what leaves the loudspeaker now. */
function heardS() {
  const { contextTime, performanceTime } = context.getOutputTimestamp();
  if (!contextTime) return Math.max(0, context.currentTime - (context.outputLatency || 0));
  return Math.min(context.currentTime, contextTime + (performance.now() - performanceTime) / 1000);
}

/** Plays a clip from any place. */
export class Speaker {
  constructor() {
    this.samples = new Float32Array(0);
    this.rateHz = 16000;
    this.source = null;
    this.stoppedS = 0;
  }

  get durationS() {
    return this.samples.length / this.rateHz;
  }

  load(samples, rateHz) {
    this.stop(0);
    this.samples = samples;
    this.rateHz = rateHz;
    this.buffer = null;
  }

  get isPlaying() {
    return this.source !== null;
  }

  /** Sound on from a place, in seconds. */
  async play(fromS) {
    const audio = audioContext();
    await audio.resume();
    this.stop(fromS);
    if (!this.buffer && this.samples.length) {
      this.buffer = audio.createBuffer(1, this.samples.length, this.rateHz);
      this.buffer.copyToChannel(this.samples, 0);
    }
    this.source = audio.createBufferSource();
    this.source.buffer = this.buffer;
    this.source.connect(audio.destination);
    this.fromS = fromS;
    this.startedS = audio.currentTime + 0.03;
    this.source.start(this.startedS, fromS);
  }

  /** Place in the clip that is heard now, in seconds. */
  get placeS() {
    if (!this.source) return this.stoppedS;
    return Math.max(this.fromS, this.fromS + heardS() - this.startedS);
  }

  stop(atS = this.placeS) {
    const source = this.source;
    this.source = null;
    this.stoppedS = atS;
    source?.stop();
  }

  /** Keep silent while the face is not there yet; the clock stands still, too. */
  hold(isHeld) {
    if (context && this.source) (isHeld ? context.suspend() : context.resume());
  }
}

/** Hears the microphone; `onPiece` is given pieces of 20 ms. */
export class Microphone {
  async start(onPiece) {
    if (!navigator.mediaDevices) throw new Error("this browser gives no microphone to this address");
    const constraints = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };
    this.stream = await navigator.mediaDevices.getUserMedia({ audio: constraints });
    const audio = audioContext();
    await audio.resume();
    if (!context.hasMicrophone) await audio.audioWorklet.addModule("/microphone.js");
    context.hasMicrophone = true;
    this.node = new AudioWorkletNode(audio, "posecast-microphone", { numberOfOutputs: 0 });
    this.node.port.onmessage = ({ data }) => onPiece(data);
    this.input = audio.createMediaStreamSource(this.stream);
    this.input.connect(this.node);
    return audio.sampleRate;
  }

  stop() {
    this.input?.disconnect();
    this.stream?.getTracks().forEach((track) => track.stop());
    if (this.node) this.node.port.onmessage = null;
  }
}
