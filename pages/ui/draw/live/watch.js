// Watch it learn: the drawing on the pad, read by a run's network as it was after each epoch.

import { element, paint, slider } from "./parts.js";
import { read } from "./network.js";
import { percent, showBars, winnerOf } from "./view.js";
import { weightsOf } from "./units.js";

/** @typedef {import("./network.js").Network} Network */
/**
 * What the app says of a run: its networks by name, each epoch's. `bars` is a chart without a
 * reading, as HTML.
 * @typedef {{run: string, epochs: [number, string][], last: number, bars: string, accent: string,
 *   muted: string, colours: import("./parts.js").Colours}} Learnt
 */

const UNITS = 64; // tiles

/**
 * Which epoch is shown: the newest, until somebody chooses one.
 * @param {number[]} epochs  those that are here
 * @param {number | null} chosen
 */
export const shownEpoch = (epochs, chosen) =>
  chosen !== null && epochs.includes(chosen) ? chosen : epochs[epochs.length - 1];

/**
 * What the network of an epoch makes of a drawing, in words.
 * @param {number} epoch  with a part of the next one, while it is trained
 * @param {number} last  that the run is to have
 * @param {Float32Array | null} shares
 */
export function inShortWords(epoch, last, shares) {
  const when = epoch ? `After epoch ${Number(epoch.toFixed(2))} of ${last}` : "Untrained";
  if (!shares) return when;
  const digit = winnerOf(shares);
  return `${when} it reads ${digit}, ${percent(shares[digit])}`;
}

/** Whether a network is that of an epoch, by its name. @param {string} id */
export const isEpoch = (id) => id.startsWith("epoch ");

/** The panel. */
export class Watch {
  /**
   * @param {HTMLElement} root
   * @param {Map<string, Network>} networks  those that came; they outlive the panel, since the
   *   app's page may put another in its place while they are on their way
   * @param {(ids: string[]) => void} ask  asks the app for networks
   */
  constructor(root, networks, ask) {
    this.root = root;
    this.networks = networks;
    this.ask = ask;
    this.asked = "[]";
    /** @type {Learnt | null} */
    this.learnt = null;
    /** @type {number | null} */
    this.chosen = null;
    /** @type {Float32Array | null} */
    this.image = null;
    /** @type {Network | null} */
    this.painted = null; // whose weights the tiles show
    this.said = element("div", { className: "said" });
    const { input, label } = slider(
      "Epoch",
      { max: 0, step: 1 },
      {
        move: (place) => {
          const epochs = [...this.here.keys()];
          this.chosen = place < epochs.length - 1 ? epochs[place] : null;
          this.draw();
        },
      },
    );
    this.slider = input;
    this.bars = element("div", { className: "bars" });
    this.tiles = element("div", { className: "grid", role: "img" });
    this.title = element("h4");
    const units = element("div", { className: "first" }, this.title, this.tiles);
    const beside = element("div", { className: "beside" }, this.bars, units);
    this.body = element("div", { className: "watch" }, this.said, label, beside);
  }

  /** The networks that are here, by epoch. */
  get here() {
    /** @type {Map<number, Network>} */
    const found = new Map();
    for (const [epoch, id] of this.learnt?.epochs ?? []) {
      const network = this.networks.get(id);
      if (network) found.set(epoch, network);
    }
    return found;
  }

  /** The app has told of a run, or of more epochs of it. @param {Learnt} learnt */
  tell(learnt) {
    if (this.learnt?.run !== learnt.run) {
      this.chosen = null;
      this.bars.innerHTML = learnt.bars;
    }
    this.learnt = learnt;
    const ids = new Set(learnt.epochs.map(([, id]) => id));
    for (const id of this.networks.keys()) if (!ids.has(id)) this.networks.delete(id);
    this.came();
  }

  /** Ask for what is missing, once, and show what is here. */
  came() {
    const ids = (this.learnt?.epochs ?? []).map(([, id]) => id);
    const wanted = ids.filter((id) => !this.networks.has(id));
    const text = JSON.stringify(wanted);
    if (text !== this.asked) this.ask(wanted);
    this.asked = text;
    this.draw();
  }

  /** Show what is on the pad. @param {Float32Array | null} image */
  show(image) {
    this.image = image;
    this.draw();
  }

  draw() {
    const { learnt, here } = this;
    if (!learnt || !here.size) return;
    const epochs = [...here.keys()];
    const epoch = shownEpoch(epochs, this.chosen);
    const network = /** @type {Network} */ (here.get(epoch));
    const seen = this.image && read(network, this.image);
    this.slider.max = `${epochs.length - 1}`;
    this.slider.value = `${epochs.indexOf(epoch)}`;
    const said = inShortWords(epoch, learnt.last, seen?.probabilities ?? null);
    this.slider.setAttribute("aria-valuetext", said);
    this.said.textContent = seen ? `${said}.` : `${said}. Draw a digit, and it is read here.`;
    const bars = this.bars.firstElementChild;
    if (bars) showBars(bars, seen && { ...seen, isDigit: true }, learnt);
    this.showUnits(network, seen?.units[0] ?? seen?.probabilities);
    if (this.body.parentNode !== this.root) this.root.replaceChildren(this.body);
  }

  /**
   * The first layer's units: their weights, lit by what they answer.
   * @param {Network} network
   * @param {Float32Array | undefined} answers
   */
  showUnits(network, answers) {
    const units = network.sizes[1];
    const shown = Math.min(units, UNITS);
    if (this.painted !== network) {
      while (this.tiles.children.length > shown) this.tiles.lastChild?.remove();
      while (this.tiles.children.length < shown)
        this.tiles.append(element("div", { className: "tile" }, element("canvas")));
      [...this.tiles.querySelectorAll("canvas")].forEach((canvas, unit) =>
        paint(canvas, weightsOf(network, 0, unit), /** @type {Learnt} */ (this.learnt).colours),
      );
      this.painted = network;
      const what = network.sizes.length > 2 ? "units of the first layer" : "units, one a digit";
      this.title.textContent = `${shown < units ? `${shown} of the ${units}` : `The ${units}`} ${what}`;
      this.tiles.ariaLabel = `${this.title.textContent}: their weights, lit by what they answer`;
    }
    const most = answers?.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9) ?? 1;
    [...this.tiles.children].forEach((tile, unit) => {
      const lit = answers ? Math.abs(answers[unit]) / most : 0.5;
      /** @type {HTMLElement} */ (tile).style.setProperty("--lit", `${lit}`);
    });
  }
}
