// The WebSocket to the preview's server: runs of speech go out, frames come in.
import { packAudio, unpack } from "./wire.js";

const RETRY_MS = 1000;

/** Events: `hello`, `opened`, `frames`, `ended`, `failed`, `gone`; the detail is the message. */
export class Talk extends EventTarget {
  constructor() {
    super();
    this.run = 0;
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`ws://${location.host}/session`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => this.receive(data);
    this.socket.onclose = () => {
      this.tell("gone", {});
      setTimeout(() => this.connect(), RETRY_MS);
    };
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  receive(data) {
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.run === undefined || message.run === this.run) this.tell(message.type, message);
      return;
    }
    const { head, values } = unpack(data);
    if (head.run === this.run) this.tell("frames", { ...head, values });
  }

  tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** Open a run, in the place of the one before. */
  speak(sampleRateHz, faces) {
    this.run += 1;
    this.send({ type: "speak", run: this.run, sampleRateHz, faces });
  }

  audio(samples) {
    if (this.isOpen) this.socket.send(packAudio(this.run, samples));
  }

  update(face, settings) {
    this.send({ type: "update", face, settings });
  }

  finish() {
    this.send({ type: "finish" });
  }

  /** What still comes of the run is not wanted. */
  stop() {
    this.run += 1;
    this.send({ type: "stop" });
  }

  send(message) {
    if (this.isOpen) this.socket.send(JSON.stringify(message));
  }
}
