// The picture of a drawing's way: what the network sees, the units that speak most, ten digits.

import { element, ink, number, paint } from "./parts.js";
import { strongest } from "./paths.js";
import { weightsOf } from "./units.js";
import { winnerOf } from "./view.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./paths.js").Line} Line */
/** @typedef {import("./view.js").Reading} Reading */

const MOST = 7; // units of a layer
const MOST_LINES = 24; // between two layers
const SVG = "http://www.w3.org/2000/svg";

/** A column of places; a unit that stays among them keeps its own. */
class Column {
  /** @param {number} layer @param {HTMLElement[]} nodes */
  constructor(layer, nodes) {
    this.layer = layer;
    this.nodes = nodes;
    /** @type {(number | undefined)[]} */
    this.units = nodes.map(() => undefined);
  }

  /** @param {number[]} units  those that are to have a place */
  fill(units) {
    this.units = this.units.map((unit) => (units.includes(unit ?? -1) ? unit : undefined));
    const others = units.filter((unit) => !this.units.includes(unit));
    this.units = this.units.map((unit) => unit ?? others.shift());
  }
}

/** The picture. */
export class Picture {
  /**
   * @param {import("./parts.js").Colours} colours
   * @param {(name: string) => void} choose  hears which unit is looked at, "layer unit"
   */
  constructor(colours, choose) {
    this.colours = colours;
    this.choose = choose;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", "0 0 100 100");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.svg.setAttribute("aria-hidden", "true");
    this.image = element("canvas", { className: "ink" });
    this.root = element("div", { className: "paths", role: "group", ariaLabel: "Strongest paths" });
    /** @type {Column[]} */
    this.columns = [];
    /** @type {SVGPathElement[]} */
    this.lines = [];
    this.digit = -1; // that is asked about; below 0 the one that was read
  }

  /** @param {Network} network */
  build(network) {
    const sizes = network.sizes.slice(1);
    const outputs = sizes.length - 1;
    this.digit = -1;
    this.columns = sizes.map((size, layer) => {
      const places = layer < outputs ? Math.min(MOST, size) : size;
      const nodes = [...Array(places).keys()].map((place) => this.node(layer, place, outputs + 1));
      nodes.forEach((node, i) => (node.style.top = `${(100 * (i + 0.5)) / places}%`));
      return new Column(layer, nodes);
    });
    this.columns[outputs].fill([...Array(sizes[outputs]).keys()]);
    this.columns[outputs].nodes.forEach((node, digit) => {
      node.textContent = `${digit}`;
      node.dataset.digit = `${digit}`;
    });
    this.lines = [];
    this.svg.replaceChildren();
    this.root.style.minWidth = `${5.5 * (sizes.length + 1)}rem`;
    this.root.replaceChildren(this.svg, this.image, ...this.columns.flatMap((c) => c.nodes));
  }

  /** @param {number} layer @param {number} place @param {number} last */
  node(layer, place, last) {
    const look = () => {
      const unit = this.columns[layer].units[place];
      if (unit === undefined) return;
      if (layer === last - 1) this.digit = unit;
      this.choose(`${layer} ${unit}`);
    };
    const node = element("button", {
      type: "button",
      className: layer < last - 1 ? "unit" : "digit",
      onmouseenter: look,
      onfocus: look,
      onclick: look,
    });
    if (layer === 0 && last > 1) node.append(element("canvas"), element("i"));
    else if (layer < last - 1) node.append(element("i"));
    node.style.left = `${leftOf(layer, last)}%`;
    return node;
  }

  /**
   * @param {Network} network
   * @param {Pick<Reading, "image" | "units" | "probabilities"> | null} seen
   * @param {string} chosen
   */
  show(network, seen, chosen) {
    this.root.classList.toggle("empty", !seen);
    if (!seen) return;
    ink(this.image, seen.image);
    const digit = this.digit < 0 ? winnerOf(seen.probabilities) : this.digit;
    const { units, lines } = strongest(network, seen, digit, MOST);
    units.forEach((some, layer) => this.showUnits(network, layer, some, seen, lines, chosen));
    this.columns[units.length].nodes.forEach((node, i) => {
      node.style.setProperty("--lit", `${seen.probabilities[i]}`);
      node.ariaLabel = `${i}: ${Math.round(100 * seen.probabilities[i])} %`;
      node.classList.toggle("chosen", i === digit);
    });
    this.showLines(lines, chosen);
  }

  /**
   * @param {Network} network
   * @param {number} layer
   * @param {number[]} some
   * @param {Pick<Reading, "units">} seen
   * @param {Line[]} lines
   * @param {string} chosen
   */
  showUnits(network, layer, some, seen, lines, chosen) {
    const column = this.columns[layer];
    const before = column.units;
    column.fill(some);
    const most = some.reduce((a, unit) => Math.max(a, Math.abs(seen.units[layer][unit])), 1e-9);
    column.nodes.forEach((node, place) => {
      const unit = column.units[place];
      node.style.visibility = unit === undefined ? "hidden" : "";
      if (unit === undefined) return;
      const answer = seen.units[layer][unit];
      node.style.setProperty("--lit", `${Math.abs(answer) / most}`);
      node.classList.toggle("chosen", `${layer} ${unit}` === chosen);
      const canvas = node.querySelector("canvas");
      if (canvas && (before[place] !== unit || canvas.dataset.of !== network.id)) {
        paint(canvas, weightsOf(network, 0, unit), this.colours);
        canvas.dataset.of = network.id;
      }
      const said = lines.find((line) => line.layer === layer + 1 && line.from === unit);
      const last = layer === this.columns.length - 2;
      const value = last ? (said?.value ?? 0) : answer;
      node.ariaLabel = `unit ${unit} of layer ${layer + 1}, ${number(value)}`;
      /** @type {HTMLElement} */ (node.querySelector("i")).textContent = signedNumber(value);
    });
  }

  /** @param {Line[]} lines @param {string} chosen */
  showLines(lines, chosen) {
    const last = this.columns.length;
    const shown = this.columns.flatMap((_, layer) =>
      lines
        .filter((line) => line.layer === layer)
        .sort((a, b) => b.share - a.share)
        .slice(0, MOST_LINES),
    );
    while (this.lines.length < shown.length) {
      const path = document.createElementNS(SVG, "path");
      this.lines.push(path);
      this.svg.append(path);
    }
    this.lines.forEach((path, i) => {
      const line = shown[i];
      path.style.display = line ? "" : "none";
      if (!line) return;
      const { layer, from, to, value, share } = line;
      const [x0, x1] = [leftOf(layer - 1, last), leftOf(layer, last)];
      const [y0, y1] = [this.topOf(layer - 1, from), this.topOf(layer, to)];
      const bend = (x1 - x0) / 2;
      path.setAttribute("d", `M${x0} ${y0}C${x0 + bend} ${y0} ${x1 - bend} ${y1} ${x1} ${y1}`);
      path.setAttribute("class", value > 0 ? "for" : "against");
      const on = chosen === `${layer} ${to}` || chosen === `${layer - 1} ${from}`;
      path.style.strokeWidth = `${(0.8 + 9 * share).toFixed(2)}`;
      path.style.opacity = on ? "1" : `${(0.3 + 0.6 * Math.sqrt(share)).toFixed(2)}`;
    });
  }

  /** @param {number} layer @param {number} unit */
  topOf(layer, unit) {
    if (layer < 0) return 50;
    const { units } = this.columns[layer];
    return (100 * (units.indexOf(unit) + 0.5)) / units.length;
  }
}

/** Where a column is, in % of the width; the picture's layer is -1. @param {number} layer @param {number} last */
const leftOf = (layer, last) => (layer < 0 ? 9 : 9 + (86 * (layer + 1)) / last);

/** @param {number} value */
const signedNumber = (value) => (value > 0 ? "+" : "") + number(value);
