// Which way a drawing takes through the network to a digit: its strongest paths.

/** @typedef {import("./network.js").Network} Network */
/**
 * What a unit says to one of the next layer: its answer times the weight between them. `from` is -1
 * for the picture as a whole, whose `value` is all that its pixels say. `share`: of all that is said
 * on the way to the digit, 0 to 1.
 * @typedef {{layer: number, from: number, to: number, value: number, share: number}} Line
 */

/**
 * The places of the largest, the largest first.
 * @param {Float64Array} values
 * @param {number} count
 */
function largest(values, count) {
  /** @type {number[]} */
  const found = [];
  values.forEach((value, i) => {
    if (!value || (found.length === count && value <= values[found[count - 1]])) return;
    const before = found.findIndex((other) => value > values[other]);
    found.splice(before < 0 ? found.length : before, 0, i);
    if (found.length > count) found.pop();
  });
  return found;
}

/**
 * The units through which a digit hears most, and what they say to each other. From the digit back:
 * a unit's share is divided among those that speak to it, by the size of what they say.
 * @param {Network} network
 * @param {{image: Float32Array, units: Float32Array[]}} seen
 * @param {number} digit
 * @param {number} most  units of a layer
 * @returns {{units: number[][], lines: Line[]}}  of each hidden layer, the strongest unit first
 */
export function strongest({ layers }, { image, units: answers }, digit, most) {
  /** @type {number[][]} */
  const units = [];
  /** @type {Line[]} */
  const lines = [];
  let heard = [{ unit: digit, share: 1 }];
  for (let layer = layers.length - 1; layer > 0; layer--) {
    const given = answers[layer - 1];
    const flow = new Float64Array(given.length);
    const said = heard.map(({ unit, share }) => {
      const { weights, biases } = layers[layer];
      const parts = given.map((answer, i) => answer && answer * weights[i * biases.length + unit]);
      const all = parts.reduce((sum, part) => sum + Math.abs(part), 0) || 1;
      parts.forEach((part, i) => (flow[i] += (share * Math.abs(part)) / all));
      return { unit, parts, scale: share / all };
    });
    const found = largest(flow, most);
    for (const { unit: to, parts, scale } of said)
      for (const from of found)
        if (parts[from])
          lines.push({ layer, from, to, value: parts[from], share: scale * Math.abs(parts[from]) });
    units.unshift(found);
    heard = found.map((unit) => ({ unit, share: flow[unit] }));
  }
  for (const { unit, share } of heard) {
    const { weights, biases } = layers[0];
    const value = image.reduce((sum, ink, i) => sum + ink * weights[i * biases.length + unit], 0);
    lines.push({ layer: 0, from: -1, to: unit, value, share });
  }
  return { units, lines };
}
