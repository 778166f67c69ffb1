// The controls of one face: style, strength and seed.

/** Events: `changed` with the settings that have changed. */
export class FaceControls extends EventTarget {
  constructor(fieldset, { style, seed }) {
    super();
    this.fieldset = fieldset;
    fieldset.append(document.getElementById("face-controls").content.cloneNode(true));
    this.wanted = style;
    this.styles = {};
    this.find("seed").value = seed;
    this.find("style").onchange = () => this.changed({ style: this.style });
    this.find("style_strength").oninput = () => this.changed({ style_strength: Number(this.find("style_strength").value) });
    this.find("seed").onchange = () => this.changed({ seed: this.seed });
    this.find("dice").onclick = () => {
      this.find("seed").value = Math.floor(Math.random() * 2 ** 32);
      this.changed({ seed: this.seed });
    };
  }

  find(name) {
    return this.fieldset.querySelector(`[data-name="${name}"]`);
  }

  get style() {
    return this.find("style").value || this.wanted;
  }

  get seed() {
    const value = Math.round(Number(this.find("seed").value));
    return Math.min(2 ** 32 - 1, Math.max(0, value || 0));
  }

  get settings() {
    return { style: this.style, style_strength: Number(this.find("style_strength").value), seed: this.seed };
  }

  /** Offer the server's styles. */
  offer(styles) {
    const chosen = this.style;
    const names = Object.keys(styles);
    if (!names.includes(chosen)) names.unshift(chosen); // a blend, from the command line
    this.styles = styles;
    this.find("style").replaceChildren(...names.map((name) => new Option(name, name, false, name === chosen)));
    this.tell();
  }

  changed(changes) {
    this.find("seed").value = this.seed;
    this.tell();
    this.dispatchEvent(new CustomEvent("changed", { detail: changes }));
  }

  tell() {
    this.find("told").textContent = Number(this.find("style_strength").value).toFixed(1);
    this.find("about").textContent = this.styles[this.style] ?? "";
  }
}
