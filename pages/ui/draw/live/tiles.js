// The network on the page: a tile for each unit, lit by what it answers, and one unit's sum.

import { mostTelling, shownLayers, signed, sumOf, weightsOf } from "./units.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./units.js").Break} Break */
/** @typedef {{image: Float32Array, units: Float32Array[]}} Seen */
/** @typedef {{above: [number, number, number], below: [number, number, number]}} Colours */

const FIRST = 64; // units of a layer, until all are asked for
const WAYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {object} values
 * @param {(string | Node)[]} inside
 * @returns {HTMLElementTagNameMap[Name]}
 */
function element(name, values = {}, ...inside) {
  const made = Object.assign(document.createElement(name), values);
  made.append(...inside);
  return made;
}

/** @param {number} value */
const number = (value) => value.toFixed(2).replace("-", "−");

/** A picture of numbers. @param {Float32Array} values @param {Colours} colours */
function pictureOf(values, { above, below }) {
  const side = Math.sqrt(values.length);
  const canvas = element("canvas", { width: side, height: side });
  const pixels = new ImageData(signed(values, above, below), side, side);
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
  return canvas;
}

/** The panel. */
export class Tiles {
  /**
   * @param {Element} root
   * @param {Colours} colours
   * @param {Break} broken
   * @param {() => void} changed  is called when something was broken or mended
   * @param {() => void} report  tells the app of it, when a hand rests
   */
  constructor(root, colours, broken, changed, report) {
    this.root = root;
    this.colours = colours;
    this.broken = broken;
    this.changed = changed;
    this.report = report;
    /** @type {Network | null} */
    this.network = null;
    /** @type {Seen | null} */
    this.seen = null;
    /** @type {Map<string, HTMLElement>} */
    this.tiles = new Map();
    this.chosen = "0 0";
    this.touched = ""; // by a finger that has not seen the sum of that unit yet
    this.detail = element("div", { className: "detail" });
    this.said = element("span", { className: "said" });
    const noise = element("input", { type: "range", min: "0", max: "2", step: "0.05", value: "0" });
    let sliding = false; // one movement of the slider is one step to undo
    noise.oninput = () => {
      if (!sliding) broken.remember();
      sliding = true;
      broken.noise = +noise.value;
      changed();
    };
    noise.onchange = () => {
      sliding = false;
      this.report();
    };
    this.noise = noise;
    const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
      element("button", { type: "button", className: "tool", textContent: text, onclick });
    this.tools = element(
      "div",
      { className: "tools" },
      element("label", {}, "Noise on the weights", noise),
      button("Undo the last change", () => this.change(() => broken.undo())),
      button("Put all back", () => this.change(() => broken.mend())),
      this.said,
    );
  }

  /** @param {() => void} what */
  change(what) {
    what();
    this.noise.value = String(this.broken.noise);
    this.changed();
    this.report();
  }

  /**
   * Show what a network's units answer to what is drawn.
   * @param {Network} network
   * @param {Seen | null} seen
   */
  show(network, seen) {
    if (network.id !== this.network?.id || !this.root.firstChild) this.build(network);
    this.network = network;
    this.seen = seen;
    this.said.textContent = this.broken.words && `Broken: ${this.broken.words}.`;
    const most = seen?.units.map((units) => units.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9));
    for (const [name, tile] of this.tiles) {
      const [layer, unit] = name.split(" ").map(Number);
      const answer = seen?.units[layer][unit] ?? 0;
      tile.style.setProperty("--lit", String(Math.abs(answer) / (most?.[layer] ?? 1)));
      tile.setAttribute("aria-pressed", String(this.broken.off.has(name)));
    }
    this.tell();
  }

  /** @param {Network} network */
  build(network) {
    this.network = network;
    this.tiles.clear();
    const sections = shownLayers(network).map((units, layer) => this.section(units, layer));
    this.choose(/** @type {string} */ (this.tiles.keys().next().value));
    this.root.replaceChildren(this.tools, this.detail, ...sections);
  }

  /** @param {number} units @param {number} layer */
  section(units, layer) {
    const network = /** @type {Network} */ (this.network);
    const hidden = network.sizes.length > 2;
    const title = hidden ? `Layer ${layer + 1}: ${units} hidden units` : "A unit for each digit";
    const grid = element("div", { className: "grid", role: "group", ariaLabel: title });
    const order = units > FIRST ? mostTelling(network, layer) : [...Array(units).keys()];
    const add = (/** @type {number[]} */ some) =>
      grid.append(...some.map((unit) => this.tile(layer, unit)));
    add(order.slice(0, FIRST));
    /** @type {HTMLElement} */ (grid.firstChild).tabIndex = 0;
    const section = element("section", {}, element("h4", { textContent: title }), grid);
    if (units > FIRST) {
      const all = element("button", {
        type: "button",
        className: "tool",
        textContent: `These ${FIRST} weigh most. Show all ${units}`,
        onclick: () => {
          add(order.slice(FIRST));
          all.remove();
          this.show(network, this.seen);
        },
      });
      section.append(all);
    }
    grid.onkeydown = (event) => {
      const way = WAYS[/** @type {keyof WAYS} */ (event.key)];
      if (way === undefined) return;
      const tiles = /** @type {HTMLElement[]} */ ([...grid.children]);
      const at = tiles.indexOf(/** @type {HTMLElement} */ (event.target)) + way;
      tiles[Math.min(Math.max(at, 0), tiles.length - 1)].focus();
      event.preventDefault();
    };
    return section;
  }

  /** @param {number} layer @param {number} unit */
  tile(layer, unit) {
    const name = `${layer} ${unit}`;
    const hidden = /** @type {Network} */ (this.network).sizes.length > 2;
    const tile = element("button", {
      type: "button",
      className: "tile",
      ariaLabel: `unit ${unit}`,
      tabIndex: -1,
      onclick: () => {
        if (this.touched !== name && hidden) this.change(() => this.broken.toggle(name));
        this.touched = "";
      },
      onpointerdown: (/** @type {PointerEvent} */ event) => {
        if (event.pointerType === "touch" && this.chosen !== name) this.touched = name;
      },
      onmouseenter: () => this.choose(name),
      onfocus: () => this.choose(name),
    });
    const network = /** @type {Network} */ (this.network);
    if (!layer) tile.append(pictureOf(weightsOf(network, 0, unit), this.colours));
    this.tiles.set(name, tile);
    return tile;
  }

  /** @param {string} name */
  choose(name) {
    this.chosen = name;
    for (const [other, tile] of this.tiles)
      if (other.split(" ")[0] === name.split(" ")[0]) tile.tabIndex = other === name ? 0 : -1;
    this.tell();
  }

  /**
   * Which digits a unit of the last hidden layer speaks for and against most.
   * @param {Network} network
   * @param {number} layer
   * @param {number} unit
   */
  sayOf({ layers }, layer, unit) {
    const { weights, biases } = layers[layer + 1];
    const digits = biases.length;
    const say = [...weights.subarray(unit * digits, (unit + 1) * digits)];
    const told = (/** @type {number} */ weight) => `${say.indexOf(weight)} (× ${number(weight)})`;
    const textContent = `most for ${told(Math.max(...say))}, against ${told(Math.min(...say))}`;
    return element("div", { textContent });
  }

  /** The chosen unit's sum, in the tutorial's terms. */
  tell() {
    const network = /** @type {Network} */ (this.network);
    const [layer, unit] = this.chosen.split(" ").map(Number);
    const hidden = network.sizes.length > 2;
    const name = hidden ? `Unit ${unit} of layer ${layer + 1}` : `The unit of ${unit}`;
    const given = layer ? this.seen?.units[layer - 1] : this.seen?.image;
    const what = layer ? `the answers of layer ${layer}` : "pixels";
    /** @type {HTMLElement[]} */
    const lines = [element("strong", { textContent: name })];
    if (given) {
      const { product, bias, sum } = sumOf(network, layer, unit, given);
      lines.push(
        element("div", { textContent: `weights × ${what}: ${number(product)}` }),
        element("div", { textContent: `plus its bias: ${number(bias)}` }),
        element("div", { textContent: `its sum: ${number(sum)}` }),
      );
      const answer = number(this.seen?.units[layer][unit] ?? 0);
      const off = this.broken.off.has(this.chosen);
      const through = off ? "it is off, so it answers" : `through ${network.activation}`;
      if (hidden) lines.push(element("div", { textContent: `${through}: ${answer}` }));
      if (layer === network.layers.length - 2) lines.push(this.sayOf(network, layer, unit));
    } else lines.push(element("div", { textContent: "Draw something, and its sum is here." }));
    /** @type {HTMLElement[]} */
    const inside = [element("div", {}, ...lines)];
    if (!layer) inside.unshift(pictureOf(weightsOf(network, 0, unit), this.colours));
    this.detail.replaceChildren(...inside);
  }
}
