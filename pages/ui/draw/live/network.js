// A trained network in the browser: mnist_core.nn.network and mnist_core.reading.predict.

/** @typedef {{weights: Float32Array, biases: Float32Array}} Layer  weights (inputs, outputs) */
/**
 * @typedef {{sizes: number[], activation: string, half: boolean, temperature: number,
 *   threshold: number}} Kind
 */
/** @typedef {Kind & {id: string, layers: Layer[]}} Network */
/** @typedef {{units: Float32Array[], probabilities: Float32Array}} Answer  units: each hidden layer's */

// Abramowitz and Stegun, "Handbook of Mathematical Functions", 7.1.26: within 1.5e-7.
const ERF = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];

/** @param {number} x  the normal distribution function of it */
function phi(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const beyond = ERF.reduce((sum, factor) => (sum + factor) * t, 0) * Math.exp(-z * z);
  return x < 0 ? beyond / 2 : 1 - beyond / 2;
}

/** @type {Record<string, (x: number) => number>} */
const ACTIVATIONS = {
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  gelu: (x) => x * phi(x),
  none: (x) => x,
};

/** The numbers of 16 bits by their bits, made when they are first needed. @type {Float32Array} */
let HALVES;

/** @param {Uint16Array} bits */
function fromHalves(bits) {
  HALVES ??= Float32Array.from({ length: 1 << 16 }, (_, bit) => {
    const [sign, power, part] = [bit >> 15 ? -1 : 1, (bit >> 10) & 31, bit & 1023];
    return sign * (power ? (1 + part / 1024) * 2 ** (power - 15) : part * 2 ** -24);
  });
  return Float32Array.from(bits, (bit) => HALVES[bit]);
}

/**
 * The networks in bytes, all of one kind: a line of JSON that names them and says which, then of
 * each network's layers weights (inputs, outputs) and biases.
 * @param {Uint8Array} bytes
 * @returns {Network[]}
 */
export function unpack(bytes) {
  const end = bytes.indexOf("\n".charCodeAt(0));
  /** @type {Kind & {ids: string[]}} */
  const { ids, ...kind } = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
  const { buffer } = bytes.slice(end + 1); // copied, so that numbers begin where they may
  const numbers = kind.half ? fromHalves(new Uint16Array(buffer)) : new Float32Array(buffer);
  let at = 0;
  const take = (/** @type {number} */ count) => numbers.subarray(at, (at += count));
  return ids.map((id) => {
    const layers = kind.sizes.slice(1).map((outputs, i) => ({
      weights: take(kind.sizes[i] * outputs),
      biases: take(outputs),
    }));
    return { ...kind, id, layers };
  });
}

/**
 * What a layer adds up. Most of a picture is empty, and so are most answers of a ReLU: skipped.
 * @param {Layer} layer
 * @param {Float32Array} given
 */
function sums({ weights, biases }, given) {
  const found = biases.slice();
  const outputs = found.length;
  for (let i = 0; i < given.length; i++) {
    const value = given[i];
    if (value === 0) continue;
    for (let unit = 0, at = i * outputs; unit < outputs; unit++, at++)
      found[unit] += value * weights[at];
  }
  return found;
}

/**
 * How likely each class is, and what each hidden unit answered on the way.
 * @param {Network} network
 * @param {Float32Array} picture
 * @param {Iterable<string>} off  hidden units that answer 0, as "layer unit"
 * @returns {Answer}
 */
export function read(network, picture, off = []) {
  const activate = ACTIVATIONS[network.activation];
  const silent = [...off].map((name) => name.split(" ").map(Number));
  /** @type {Float32Array[]} */
  const units = [];
  let given = picture;
  for (const layer of network.layers.slice(0, -1)) {
    given = sums(layer, given).map(activate);
    for (const [place, unit] of silent) if (place === units.length) given[unit] = 0;
    units.push(given);
  }
  const logits = sums(network.layers[network.layers.length - 1], given);
  const most = logits.reduce((a, b) => Math.max(a, b));
  const powers = logits.map((logit) => Math.exp((logit - most) / network.temperature));
  const sum = powers.reduce((a, b) => a + b);
  return { units, probabilities: powers.map((power) => power / sum) };
}
