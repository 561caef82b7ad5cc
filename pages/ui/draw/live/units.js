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

/** What is broken of a network: units that are off, by layer, and noise on the weights. */
export class Break {
  constructor() {
    /** @type {Set<string>} */
    this.off = new Set(); // "layer unit"
    this.noise = 0; // times the deviation of a layer's weights
    /** @type {{off: Set<string>, noise: number}[]} */
    this.before = [];
  }

  get any() {
    return this.off.size > 0 || this.noise > 0;
  }

  /** What it is now can be had back. */
  remember() {
    this.before.push({ off: new Set(this.off), noise: this.noise });
  }

  /** @param {string} unit */
  toggle(unit) {
    this.remember();
    if (!this.off.delete(unit)) this.off.add(unit);
  }

  mend() {
    this.remember();
    this.off.clear();
    this.noise = 0;
  }

  /** All is whole, and there is nothing to undo. */
  reset() {
    this.off.clear();
    this.noise = 0;
    this.before = [];
  }

  undo() {
    Object.assign(this, this.before.pop());
  }

  /** In words. */
  get words() {
    const parts = [];
    if (this.off.size) parts.push(`${this.off.size} ${this.off.size === 1 ? "unit" : "units"} off`);
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
 * The same network with noise on its weights: always the same noise, so much of it. As `broken` of
 * mnist_core.insight.units.
 * @param {Network} network
 * @param {number} amount  times the root mean square of a layer's weights
 * @returns {Network}
 */
export function noisy(network, amount) {
  let place = 0;
  const noise = () => {
    const at = 2 * ++place;
    return Math.sqrt(-2 * Math.log(uniform(at))) * Math.cos(2 * Math.PI * uniform(at + 1));
  };
  const layers = network.layers.map(({ weights, biases }) => {
    const spread = amount * Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    return { weights: weights.map((weight) => weight + spread * noise()), biases };
  });
  return { ...network, layers };
}
