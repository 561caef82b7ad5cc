// The network on the page: the picture of its paths, a tile for each unit, lit by what it answers,
// and one unit's sum.

import { element, number, paint, slider, tool } from "./parts.js";
import { Picture } from "./picture.js";
import { mostTelling, shownLayers, sumOf, weightsOf } from "./units.js";
import { winnerOf } from "./view.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./units.js").Break} Break */
/** @typedef {import("./view.js").Reading} Seen */
/** @typedef {import("./parts.js").Colours} Colours */

const FIRST = 64; // units of a layer, until all are asked for
const WAYS = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

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
    this.whole = null;
    /** @type {Network | null} */
    this.network = null; // as it is broken
    /** @type {Seen | null} */
    this.seen = null;
    /** @type {Map<string, HTMLElement>} */
    this.tiles = new Map();
    this.chosen = "0 0";
    this.touched = ""; // by a finger that has not seen the sum of that unit yet
    this.detail = element("div", { className: "detail" });
    this.said = element("span", { className: "said" });
    /** @type {number[][]} of each shown layer, the most telling unit first */
    this.orders = [];
    /** @type {HTMLInputElement[]} how many of them are off */
    this.without = [];
    /** @type {HTMLElement[]} */
    this.biases = [];
    this.picture = new Picture(colours, (name) => this.choose(name));
    const noise = slider(
      "Noise on the weights",
      { max: 2, step: 0.05 },
      {
        ...this.sliding,
        move: (value) => {
          broken.noise = value;
          changed();
        },
      },
    );
    this.noise = noise.input;
    this.ofLayers = element("div", { className: "tools" });
    this.tools = element(
      "div",
      { className: "tools" },
      noise.label,
      tool("Undo the last change", () => this.change(() => broken.undo())),
      tool("Put all back", () => this.change(() => broken.mend())),
      this.said,
    );
  }

  /** One movement of a slider is one change. */
  get sliding() {
    return { begin: () => this.broken.remember(), end: () => this.report() };
  }

  /** @param {() => void} what */
  change(what) {
    what();
    this.changed();
    this.report();
  }

  /**
   * Show what a network's units answer to what is drawn.
   * @param {Network} whole
   * @param {Network} network  the same, as it is broken
   * @param {Seen | null} seen
   */
  show(whole, network, seen) {
    if (whole.id !== this.whole?.id || !this.root.firstChild) this.build(whole);
    this.network = network;
    this.seen = seen;
    const { broken } = this;
    this.said.textContent = broken.words && `Broken: ${broken.words}.`;
    this.noise.value = `${broken.noise}`;
    this.without.forEach((input, layer) => {
      input.value = `${broken.leading(layer, this.orders[layer])}`;
    });
    this.biases.forEach((button, layer) => {
      button.setAttribute("aria-pressed", `${broken.biases.has(layer)}`);
    });
    const most = seen?.units.map((units) => units.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9));
    for (const [name, tile] of this.tiles) {
      const [layer, unit] = name.split(" ").map(Number);
      const answer = seen?.units[layer]?.[unit] ?? 0;
      tile.style.setProperty("--lit", String(Math.abs(answer) / (most?.[layer] ?? 1)));
      tile.setAttribute("aria-pressed", String(broken.off.has(name)));
    }
    this.picture.show(network, seen, this.chosen);
    this.tell();
  }

  /** @param {Network} network  as it is when it is whole */
  build(network) {
    this.whole = this.network = network;
    this.tiles.clear();
    this.without = [];
    this.orders = shownLayers(network).map((_, layer) => mostTelling(network, layer));
    const last = network.layers.length - 1;
    this.biases = network.layers.map((_, layer) =>
      tool(layer < last ? `of layer ${layer + 1}` : "of the outputs", () =>
        this.change(() => this.broken.toggleBiases(layer)),
      ),
    );
    this.ofLayers.replaceChildren("Biases off:", ...this.biases);
    const sections = shownLayers(network).map((units, layer) => this.section(units, layer));
    this.picture.build(network);
    this.chosen = /** @type {string} */ (this.tiles.keys().next().value);
    this.root.replaceChildren(
      element("div", { className: "scroll" }, this.picture.root),
      this.detail,
      this.tools,
      this.ofLayers,
      ...sections,
    );
    this.choose(this.chosen);
  }

  /** @param {number} units @param {number} layer */
  section(units, layer) {
    const network = /** @type {Network} */ (this.network);
    const hidden = network.sizes.length > 2;
    const title = hidden ? `Layer ${layer + 1}: ${units} hidden units` : "A unit for each digit";
    const grid = element("div", { className: "grid", role: "group", ariaLabel: title });
    const order = this.orders[layer];
    const add = (/** @type {number[]} */ some) =>
      grid.append(...some.map((unit) => this.tile(layer, unit)));
    add(order.slice(0, FIRST));
    /** @type {HTMLElement} */ (grid.firstChild).tabIndex = 0;
    const section = element("section", {}, element("h4", { textContent: title }));
    if (hidden) section.append(this.leaveOut(layer, order));
    section.append(grid);
    if (units > FIRST) {
      const all = tool(`The ${FIRST} most telling. Show all ${units}`, () => {
        add(order.slice(FIRST));
        all.remove();
        this.changed();
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

  /**
   * The slider that takes a layer's most telling units away.
   * @param {number} layer
   * @param {number[]} order
   */
  leaveOut(layer, order) {
    const { input, label } = slider(
      "Without its most telling",
      { max: order.length, step: 1 },
      {
        ...this.sliding,
        move: (count) => {
          this.broken.without(layer, order, count);
          this.changed();
        },
      },
    );
    this.without.push(input);
    return element("div", { className: "tools" }, label);
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
    if (!layer) tile.append(paint(element("canvas"), weightsOf(network, 0, unit), this.colours));
    this.tiles.set(name, tile);
    return tile;
  }

  /** @param {string} name */
  choose(name) {
    this.chosen = name;
    for (const [other, tile] of this.tiles)
      if (this.tiles.has(name) && other.split(" ")[0] === name.split(" ")[0])
        tile.tabIndex = other === name ? 0 : -1;
    this.changed();
  }

  /**
   * Which digits a unit of the last hidden layer speaks for and against most, and what it says now.
   * @param {Network} network
   * @param {number} layer
   * @param {number} unit
   * @param {number} answer
   */
  sayOf({ layers }, layer, unit, answer) {
    const { weights, biases } = layers[layer + 1];
    const digits = biases.length;
    const say = weights.subarray(unit * digits, (unit + 1) * digits);
    const told = (/** @type {number} */ digit) => `${digit} (× ${number(say[digit])})`;
    const least = winnerOf(say.map((weight) => -weight));
    const digit =
      this.picture.digit < 0 ? winnerOf(this.seen?.probabilities ?? say) : this.picture.digit;
    const said = `${number(answer)} × ${number(say[digit])} = ${number(answer * say[digit])}`;
    return [
      element("div", { textContent: `most for ${told(winnerOf(say))}, against ${told(least)}` }),
      element("div", { textContent: `to ${digit} it says ${said}` }),
    ];
  }

  /** The chosen unit's sum, in the tutorial's terms. */
  tell() {
    const network = /** @type {Network} */ (this.network);
    const [layer, unit] = this.chosen.split(" ").map(Number);
    const output = layer === network.layers.length - 1;
    const name = output ? `The unit of ${unit}` : `Unit ${unit} of layer ${layer + 1}`;
    const given = layer ? this.seen?.units[layer - 1] : this.seen?.image;
    const what = layer ? `the answers of layer ${layer}` : "pixels";
    /** @type {HTMLElement[]} */
    const lines = [element("strong", { textContent: name })];
    const line = (/** @type {string} */ textContent) => lines.push(element("div", { textContent }));
    if (given && this.seen) {
      const { product, bias, sum } = sumOf(network, layer, unit, given);
      line(`weights × ${what}: ${number(product)}`);
      line(`plus its bias: ${number(bias)}`);
      line(`its sum: ${number(sum)}`);
      if (output) line(`through softmax: ${(100 * this.seen.probabilities[unit]).toFixed(1)} %`);
      else {
        const answer = this.seen.units[layer][unit];
        const off = this.broken.off.has(this.chosen);
        line(
          `${off ? "it is off, so it answers" : `through ${network.activation}`}: ${number(answer)}`,
        );
        if (layer === network.layers.length - 2)
          lines.push(...this.sayOf(network, layer, unit, answer));
      }
    } else line("Draw something, and its sum is here.");
    /** @type {HTMLElement[]} */
    const inside = [element("div", {}, ...lines)];
    if (!layer) inside.unshift(paint(element("canvas"), weightsOf(network, 0, unit), this.colours));
    this.detail.replaceChildren(...inside);
  }
}
