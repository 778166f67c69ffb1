// The page: joins face, sound, controls and server.
import { FaceControls } from "./faceControls.js";
import { drawsInSoftware, FaceView } from "./face.js";
import { Meter } from "./meter.js";
import { Performance } from "./performance.js";
import { Talk } from "./talk.js";
import { Timeline } from "./timeline.js";
import { pack, unpack } from "./wire.js";

const MAX_FILE_BYTES = 256 * 1024 * 1024;
const SEEK_S = 0.5;
const $ = (id) => document.getElementById(id);

class Page {
  static async open() {
    const [glb, opening] = await Promise.all([
      fetch("/head.glb").then((answer) => answer.arrayBuffer()),
      fetch("/opening.json").then((answer) => answer.json()),
    ]);
    const quality = new URLSearchParams(location.search).get("quality");
    const isFast = quality === "fast" || (quality !== "full" && drawsInSoftware());
    const page = new Page(opening, await FaceView.create($("face"), glb, { isFast }));
    page.mayHurry = quality !== "full";
    if (isFast) page.view.hurry();
    if (opening.name) await page.take(await fetch("/opening"), opening.name);
    page.phones = opening.phones;
    return page;
  }

  constructor(opening, view) {
    this.view = view;
    this.phones = [];
    this.controls = [0, 1].map((face) => new FaceControls($(`face-${face}`), opening));
    $("mode").value = opening.mode;
    this.talk = new Talk();
    this.show = new Performance(this.talk, () => this.settings());
    this.timeline = new Timeline($("timeline"), view.curveNames);
    this.meter = new Meter();
    this.watchServer();
    this.watchControls();
    this.watchKeys();
    this.watchFiles();
    this.watchView();
    this.show.addEventListener("changed", () => this.refresh());
    this.show.addEventListener("failed", ({ detail }) => this.complain(detail));
    this.refresh();
    requestAnimationFrame((now) => this.draw(now));
  }

  settings() {
    const faces = $("compare").checked ? this.controls : this.controls.slice(0, 1);
    return faces.map((face) => ({ ...face.settings, mode: $("mode").value }));
  }

  watchServer() {
    this.talk.addEventListener("hello", ({ detail }) => {
      this.isServed = !detail.error;
      $("server").textContent = detail.error ?? `server ${detail.serverVersion}, model ${detail.model} on ${detail.device}`;
      if (detail.error) this.complain(detail.error);
      else this.controls.forEach((face) => face.offer(detail.styles));
      this.chooseSecondStyle();
      this.refresh();
    });
    this.talk.addEventListener("gone", () => {
      this.isServed = false;
      $("server").textContent = "the preview's server is gone; trying again";
      this.refresh();
    });
  }

  /** Two faces of one style would teach nothing. */
  chooseSecondStyle() {
    const [own, other] = this.controls.map((face) => face.style);
    if (own !== other) return;
    const rest = Object.keys(this.controls[0].styles).filter((name) => name !== own);
    this.controls[1].find("style").value = rest.find((name) => name === "cheerful") ?? rest[0] ?? own;
    this.controls[1].tell();
  }

  watchControls() {
    this.controls.forEach((face, index) =>
      face.addEventListener("changed", ({ detail }) => this.show.change(index, detail)));
    $("compare").onchange = () => {
      this.chooseSecondStyle();
      $("face-1").hidden = !$("compare").checked;
      this.show.renew();
      this.refresh();
    };
    $("mode").onchange = () => this.show.renew();
    $("play").onclick = () => this.toggle();
    $("microphone").onclick = () => this.toggleMicrophone();
    $("record").onclick = () => this.toggleRecording();
    $("save").onclick = () => this.save();
    $("dismiss").onclick = () => ($("alert").hidden = true);
    $("controls").onsubmit = (event) => event.preventDefault();
  }

  watchKeys() {
    const actions = {
      " ": () => this.toggle(), m: () => $("microphone").click(), r: () => $("record").click(),
      b: () => $("compare").click(), Escape: () => this.show.pause(),
    };
    addEventListener("keydown", (event) => {
      const isTyping = event.target.closest("input, select, button, label") && event.target.type !== "checkbox";
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !actions[event.key]) return;
      event.preventDefault();
      actions[event.key]();
    });
    $("timeline").onkeydown = (event) => {
      const places = {
        ArrowLeft: this.show.placeS - SEEK_S, ArrowRight: this.show.placeS + SEEK_S, Home: 0, End: this.show.durationS,
      };
      if (places[event.key] === undefined) return;
      event.preventDefault();
      this.show.seek(places[event.key]);
    };
    $("timeline").onpointerdown = (event) => this.show.seek(this.timeline.timeAt(event.clientX));
  }

  watchFiles() {
    $("file").onchange = async () => {
      const [file] = $("file").files;
      if (file) await this.openFile(file);
      $("file").value = "";
    };
    addEventListener("dragover", (event) => {
      event.preventDefault();
      $("stage").classList.add("over");
    });
    addEventListener("dragleave", () => $("stage").classList.remove("over"));
    addEventListener("drop", async (event) => {
      event.preventDefault();
      $("stage").classList.remove("over");
      const [file] = event.dataTransfer.files;
      if (file) await this.openFile(file);
    });
  }

  watchView() {
    const turn = { yaw: 0, pitch: 0 };
    $("face").onpointerdown = (event) => $("face").setPointerCapture(event.pointerId);
    $("face").onpointermove = (event) => {
      if (!event.buttons) return;
      turn.yaw -= event.movementX / 150;
      turn.pitch = Math.min(1, Math.max(-1, turn.pitch + event.movementY / 200));
      this.view.turnView(turn.yaw, turn.pitch);
    };
    $("face").ondblclick = () => this.view.turnView((turn.yaw = 0), (turn.pitch = 0));
  }

  async openFile(file) {
    if (file.size > MAX_FILE_BYTES) {
      this.complain(`${file.name}: ${Math.round(file.size / 1e6)} MB; allowed: ${Math.round(MAX_FILE_BYTES / 1e6)} MB`);
      return;
    }
    this.phones = [];
    try {
      const query = new URLSearchParams({ name: file.name });
      await this.take(await fetch(`/open?${query}`, { method: "POST", body: file }), file.name);
    } catch {
      this.complain(`${file.name}: the preview's server is gone`);
    }
  }

  /** Take what the server made of a file. */
  async take(answer, name) {
    if (!answer.ok) {
      const told = await answer.json().catch(() => ({ error: `${name}: ${answer.statusText}` }));
      this.complain(told.error);
      return;
    }
    const { head, values } = unpack(await answer.arrayBuffer());
    $("alert").hidden = true;
    if (head.kind === "speech") this.show.loadSpeech(name, values, head.sampleRateHz);
    else this.show.loadTake(name, values, head.frameRateHz);
    this.show.loudest = this.show.peaks.values.reduce((most, peak) => Math.max(most, peak), 0);
    $("status").textContent = `${name}, ${this.show.durationS.toFixed(1)} s, is open`;
  }

  toggle() {
    if (this.show.kind === "microphone") return;
    if (this.show.isPlaying) this.show.pause();
    else this.show.play();
  }

  async toggleMicrophone() {
    if (this.show.kind === "microphone") {
      this.show.leave();
      $("status").textContent = "The microphone is off; its take can be saved";
    } else {
      this.phones = [];
      $("mode").value = "realtime"; // others would keep the speaker waiting
      await this.show.hear();
      if (this.show.kind === "microphone") $("status").textContent = "The microphone is on";
    }
  }

  async toggleRecording() {
    const rateHz = this.show.takes[0].rateHz;
    const now = Math.round(this.show.placeS * rateHz);
    if (this.recordedFrom === undefined) {
      this.recordedFrom = now;
      $("status").textContent = "Recording";
    } else {
      const from = this.recordedFrom;
      this.recordedFrom = undefined;
      await this.save(Math.min(from, now), Math.max(from, now));
    }
    this.refresh();
  }

  /** Save frames of face A as a file. */
  async save(from, end) {
    const take = this.show.takes[0];
    const suffix = $("format").value;
    const body = pack({ frameRateHz: take.rateHz }, take.slice(from, end));
    const answer = await fetch(`/save?${new URLSearchParams({ suffix })}`, { method: "POST", body });
    if (!answer.ok) {
      this.complain((await answer.json()).error);
      return;
    }
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await answer.blob());
    link.download = `${(this.show.name ?? "face").replace(/\.[^.]*$/, "")}-face${suffix}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    $("status").textContent = `Saved ${link.download}`;
  }

  complain(message) {
    $("alert-text").textContent = message;
    $("alert").hidden = false;
  }

  refresh() {
    const { show } = this;
    $("play").disabled = show.kind === "nothing" || show.kind === "microphone" || (show.kind === "speech" && !this.isServed);
    $("play").textContent = show.isPlaying && show.kind !== "microphone" ? "Pause" : "Play";
    $("microphone").disabled = !this.isServed && show.kind !== "microphone";
    $("microphone").setAttribute("aria-pressed", show.kind === "microphone");
    $("record").disabled = show.kind === "nothing";
    $("record").setAttribute("aria-pressed", this.recordedFrom !== undefined);
    $("record").textContent = this.recordedFrom === undefined ? "Record" : "Stop and save";
    $("save").disabled = show.takes[0].end <= show.takes[0].first;
    $("drop-hint").hidden = show.kind !== "nothing";
    const names = this.settings().map((face) => face.style);
    [0, 1].forEach((face) => {
      $(`name-${face}`).hidden = names.length < 2;
      $(`name-${face}`).textContent = names[face] ?? "";
    });
    $("face").setAttribute("aria-label", show.kind === "nothing"
      ? "A head that speaks. No speech is loaded." : `A head that speaks ${show.name}, in the style ${names.join(" and ")}.`);
    this.isStale = true;
  }

  draw(now) {
    const { show, view, meter } = this;
    show.advance(meter.elapsedS(now));
    const ratio = Math.min(2, devicePixelRatio || 1);
    const [width, height] = [$("face").clientWidth, $("face").clientHeight].map((size) => Math.round(size * ratio));
    if (this.mayHurry && view.scale === 1 && meter.isSlow) view.hurry();
    const size = `${width} x ${height} at ${view.scale}`;
    if (width && size !== this.size) {
      view.setSize(width, height);
      this.size = size;
      this.isStale = true;
    }
    const isHeard = show.speaker.isPlaying && !show.isHeld;
    const heardS = show.placeS;
    if (isHeard && this.drawnS !== undefined) meter.noteSync(this.drawnS - this.heardS, this.drawnS - heardS);
    // A picture is seen until the next one: it shows the middle of that time.
    const drawnS = heardS + (isHeard ? meter.halfPictureS : 0);
    view.draw(show.takes.slice(0, show.numFaces).map((take) => take.at(drawnS)));
    this.drawnS = isHeard ? drawnS : undefined;
    this.heardS = heardS;
    if (meter.isTimeForFigures(now, this.isStale || show.isPlaying)) this.tell();
    requestAnimationFrame((next) => this.draw(next));
  }

  /** Figures and curves, some times a second. */
  tell() {
    const { show, meter } = this;
    this.isStale = false;
    this.timeline.draw(show, this.phones);
    const isLive = show.kind === "microphone";
    $("first-frame").textContent = show.firstFrameMs === undefined ? "–" : `${show.firstFrameMs.toFixed(0)} ms`;
    $("ahead").previousElementSibling.textContent = isLive ? "face behind voice" : "face made ahead";
    if (isLive) $("ahead").textContent = `${(show.behindVoiceS * 1000).toFixed(0)} ms`;
    else $("ahead").textContent = show.isPlaying && show.kind === "speech" ? `${Math.max(0, show.aheadS).toFixed(2)} s` : "–";
    $("sync").textContent = meter.syncMs === undefined ? "–" : `±${meter.syncMs.toFixed(0)} ms, ${show.numLate} late`;
    $("fps").textContent = show.isPlaying ? `${meter.picturesPerS().toFixed(0)} fps` : "–";
    const slider = $("timeline");
    slider.setAttribute("aria-valuemax", show.durationS.toFixed(2));
    slider.setAttribute("aria-valuenow", Math.min(show.placeS, show.durationS).toFixed(2));
    slider.setAttribute("aria-valuetext", show.kind === "nothing" ? "nothing loaded" : `${show.placeS.toFixed(1)} of ${show.durationS.toFixed(1)} seconds`);
  }
}

globalThis.posecast = Page.open();
globalThis.posecast.catch((error) => {
  $("alert-text").textContent = `the page cannot start: ${error.message}`;
  $("alert").hidden = false;
});
