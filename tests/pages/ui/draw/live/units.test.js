// What is told of single units, and a network that is broken and mended.

import assert from "node:assert/strict";
import { test } from "node:test";
import { read } from "../../../../../pages/ui/draw/live/network.js";
import {
  Break,
  mostTelling,
  shownLayers,
  signed,
  sumOf,
  weightsOf,
  worn,
} from "../../../../../pages/ui/draw/live/units.js";

// Two pixels, three hidden units, two classes; weights are (inputs, outputs).
const NETWORK = {
  id: "a",
  sizes: [2, 3, 2],
  activation: "relu",
  half: false,
  temperature: 1,
  threshold: 0,
  layers: [
    { weights: Float32Array.of(1, 2, 3, 4, 5, 6), biases: Float32Array.of(0.5, -20, 0) },
    { weights: Float32Array.of(1, -1, 9, 9, 0, 0.5), biases: Float32Array.of(0, 0) },
  ],
};
const PICTURE = Float32Array.of(1, 0.5);

test("a unit's sum is what its layer adds up", () => {
  assert.deepEqual([...weightsOf(NETWORK, 0, 1)], [2, 5]);
  assert.deepEqual(sumOf(NETWORK, 0, 0, PICTURE), { product: 3, bias: 0.5, sum: 3.5 });
  assert.deepEqual([...read(NETWORK, PICTURE).units[0]], [3.5, 0, 6]); // ReLU: the second is silent
});

test("the units whose answers weigh most come first", () => {
  assert.deepEqual(mostTelling(NETWORK, 0), [1, 0, 2]);
  assert.deepEqual(shownLayers(NETWORK), [3]);
  assert.deepEqual(shownLayers({ ...NETWORK, sizes: [2, 10] }), [10]);
});

test("a unit that is off says nothing, and the answer is another", () => {
  const whole = read(NETWORK, PICTURE);
  const without = read(NETWORK, PICTURE, ["0 0"]);
  assert.deepEqual([...without.units[0]], [0, 0, 6]);
  // Of logits (3.5, -0.5) and (0, 3).
  assert.ok(Math.abs(whole.probabilities[0] - 1 / (1 + Math.exp(-4))) < 1e-6);
  assert.ok(Math.abs(without.probabilities[0] - 1 / (1 + Math.exp(3))) < 1e-6);
});

test("what was broken is put back step by step, or at once", () => {
  const broken = new Break();
  broken.toggle("0 1");
  broken.remember();
  broken.noise = 0.4;
  broken.toggle("0 2");
  assert.equal(broken.words, "2 units off, noise of 40 %");
  broken.undo();
  assert.equal(broken.words, "1 unit off, noise of 40 %");
  broken.mend();
  assert.equal(broken.any, false);
  broken.undo();
  assert.equal(broken.words, "1 unit off, noise of 40 %");
  for (let i = 0; i < 5; i++) broken.undo();
  assert.equal(broken.any, false);
  broken.toggle("0 1");
  broken.toggle("0 1");
  assert.equal(broken.any, false);
});

test("a layer is without its most telling units, and biases go and come", () => {
  const broken = new Break();
  broken.toggle("1 0");
  broken.without(0, [1, 0, 2], 2);
  assert.deepEqual([...broken.off].sort(), ["0 0", "0 1", "1 0"]);
  assert.equal(broken.leading(0, [1, 0, 2]), 2);
  broken.without(0, [1, 0, 2], 1);
  assert.deepEqual([...broken.off].sort(), ["0 1", "1 0"]);
  assert.equal(broken.leading(1, [0]), 1);
  broken.toggleBiases(0);
  assert.equal(broken.words, "2 units off, biases off");
  const { biases } = worn(NETWORK, broken).layers[0];
  assert.deepEqual([...biases], [0, 0, 0]);
  assert.equal(NETWORK.layers[0].biases[1], -20);
  broken.undo();
  assert.equal(broken.words, "2 units off");
});

test("no more is kept of ten thousand changes than of a hundred", () => {
  const broken = new Break();
  for (let i = 0; i < 10_000; i++) broken.toggle(`0 ${i % 7}`);
  assert.ok(broken.before.length <= 100);
});

test("noise is as large as asked, the same each time, and leaves the network as it is", () => {
  const weights = Float32Array.from({ length: 20_000 }, (_, i) => (i % 2 ? 3 : -3));
  const large = { ...NETWORK, layers: [{ weights, biases: new Float32Array(10) }] };
  const half = { noise: 0.5, biases: new Set([0]) };
  const found = worn(large, half).layers[0].weights;
  const added = found.map((weight, i) => weight - weights[i]);
  const spread = Math.sqrt(added.reduce((sum, a) => sum + a * a, 0) / added.length);
  assert.ok(Math.abs(spread - 1.5) < 0.05, `${spread}`);
  assert.ok(Math.abs(added.reduce((a, b) => a + b, 0) / added.length) < 0.05);
  assert.deepEqual(worn(large, half).layers[0].weights, found);
  assert.equal(weights[1], 3);
});

test("weights above 0 have one colour, below another, and small ones are seen too", () => {
  const pixels = signed(Float32Array.of(4, -1, 0), [80, 180, 240], [230, 160, 0]);
  assert.deepEqual([...pixels], [80, 180, 240, 255, 115, 80, 0, 255, 0, 0, 0, 255]);
});
