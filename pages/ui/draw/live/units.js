// What is told of single units: their weights as a picture, their sum, and which come first.

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./network.js").Answer} Answer */
/** @typedef {[number, number, number]} Colour  0 to 255 each */

/** The layers that have tiles: the hidden ones, or the only one. @param {Network} network */
export const shownLayers = (network) =>
  network.sizes.slice(1, network.sizes.length > 2 ? -1 : undefined);

/**
 * The weights by which a unit multiplies what it is given.
 * @param {Network} network
 * @param {number} layer
 * @param {number} unit
 */
export function weightsOf({ layers }, layer, unit) {
  const { weights, biases } = layers[layer];
  const units = biases.length;
  return Float32Array.from({ length: weights.length / units }, (_, i) => weights[i * units + unit]);
}

/**
 * A layer's units, those first whose answers weigh most in the next layer.
 * @param {Network} network
 * @param {number} layer
 * @returns {number[]}
 */
export function mostTelling({ layers }, layer) {
  const next = layers[layer + 1];
  const units = [...layers[layer].biases.keys()];
  if (!next) return units;
  const outputs = next.biases.length;
  const say = units.map((unit) =>
    next.weights
      .subarray(unit * outputs, (unit + 1) * outputs)
      .reduce((sum, weight) => sum + weight * weight, 0),
  );
  return units.sort((a, b) => say[b] - say[a]);
}

/**
 * A unit's sum in its parts.
 * @param {Network} network
 * @param {number} layer
 * @param {number} unit
 * @param {Float32Array} given  what the layer was given
 */
export function sumOf(network, layer, unit, given) {
  const weights = weightsOf(network, layer, unit);
  const product = weights.reduce((sum, weight, i) => sum + weight * given[i], 0);
  const bias = network.layers[layer].biases[unit];
  return { product, bias, sum: product + bias };
}

/**
 * Numbers as colours: above 0 one, below the other, the largest brightest. As `signed` in Python.
 * @param {Float32Array} values
 * @param {Colour} above
 * @param {Colour} below
 */
export function signed(values, above, below) {
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
  const pixels = new Uint8ClampedArray(4 * values.length);
  values.forEach((value, i) => {
    const share = Math.sqrt(Math.abs(value) / most);
    pixels.set([...(value > 0 ? above : below).map((part) => part * share), 255], 4 * i);
  });
  return pixels;
}

const STEPS = 100; // that can be undone

/** What is broken of a network: units that are off, layers without biases, noise on the weights. */
export class Break {
  constructor() {
    /** @type {Set<string>} */
    this.off = new Set(); // "layer unit"
    /** @type {Set<number>} */
    this.biases = new Set(); // layers whose biases are off
    this.noise = 0; // times the deviation of a layer's weights
    /** @type {{off: Set<string>, biases: Set<number>, noise: number}[]} */
    this.before = [];
  }

  get any() {
    return this.off.size > 0 || this.biases.size > 0 || this.noise > 0;
  }

  /** What it is now can be had back. */
  remember() {
    const { off, biases, noise } = this;
    this.before.push({ off: new Set(off), biases: new Set(biases), noise });
    if (this.before.length > STEPS) this.before.shift();
  }

  /** @param {string} unit */
  toggle(unit) {
    this.remember();
    if (!this.off.delete(unit)) this.off.add(unit);
  }

  /** @param {number} layer */
  toggleBiases(layer) {
    this.remember();
    if (!this.biases.delete(layer)) this.biases.add(layer);
  }

  /**
   * Of a layer, just the first units are off.
   * @param {number} layer
   * @param {number[]} order  its units
   * @param {number} count
   */
  without(layer, order, count) {
    order.forEach((unit, place) => this.off[place < count ? "add" : "delete"](`${layer} ${unit}`));
  }

  /**
   * How many of a layer's first units are off.
   * @param {number} layer
   * @param {number[]} order
   */
  leading(layer, order) {
    const on = order.findIndex((unit) => !this.off.has(`${layer} ${unit}`));
    return on < 0 ? order.length : on;
  }

  mend() {
    this.remember();
    this.off.clear();
    this.biases.clear();
    this.noise = 0;
  }

  /** All is whole, and there is nothing to undo. */
  reset() {
    this.mend();
    this.before = [];
  }

  undo() {
    Object.assign(this, this.before.pop());
  }

  /** In words. */
  get words() {
    const parts = [];
    if (this.off.size) parts.push(`${this.off.size} ${this.off.size === 1 ? "unit" : "units"} off`);
    if (this.biases.size) parts.push("biases off");
    if (this.noise) parts.push(`noise of ${Math.round(100 * this.noise)} %`);
    return parts.join(", ");
  }
}

/** A number in (0, 1) that belongs to a place: MurmurHash3's last steps. @param {number} place */
function uniform(place) {
  let mixed = Math.imul(place ^ (place >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (((mixed ^ (mixed >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/**
 * The same network with noise on its weights, always the same noise, so much of it, and with biases
 * off. Units that are off are for who reads with it. As `broken` of mnist_core.insight.breaking.
 * @param {Network} network
 * @param {{noise: number, biases: Set<number>}} broken
 * @returns {Network}
 */
export function worn(network, { noise, biases: off }) {
  let place = 0;
  const normal = () => {
    const at = 2 * ++place;
    return Math.sqrt(-2 * Math.log(uniform(at))) * Math.cos(2 * Math.PI * uniform(at + 1));
  };
  const layers = network.layers.map(({ weights, biases }, layer) => {
    const spread = noise * Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    return {
      weights: noise ? weights.map((weight) => weight + spread * normal()) : weights,
      biases: off.has(layer) ? new Float32Array(biases.length) : biases,
    };
  });
  return { ...network, layers };
}
