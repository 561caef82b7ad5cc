// What is on the pad: strokes as Fabric.js makes them, and what Undo and Clear bring back.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Pad, inShort, strokeOf } from "../../../../../pages/ui/draw/live/pen.js";

test("a click is a dot as wide as a thousandth of the pen", () => {
  const { path, width } = strokeOf(
    [
      [10, 20],
      [10, 20],
    ],
    18,
  );
  assert.deepEqual(path, [
    ["M", 10 - 0.018, 20],
    ["L", 10 + 0.018, 20],
  ]);
  assert.equal(width, 18);
});

test("a stroke goes through the middles between its points", () => {
  const { path } = strokeOf(
    [
      [0, 0],
      [0, 0],
      [10, 0],
      [10, 10],
      [10, 20],
    ],
    10,
  );
  assert.deepEqual(path, [
    ["M", 0, -0.01], // begun against the way from the second point to the third
    ["Q", 0, 0, 5, 0],
    ["Q", 10, 0, 10, 10],
    ["L", 10, 20.01],
  ]);
});

test("points that hardly differ are left out, the last one never", () => {
  const { path } = strokeOf(
    [
      [0, 0],
      [0.3, 0],
      [5, 0],
      [5.3, 0],
      [9, 0],
      [9.1, 0],
    ],
    10,
  );
  assert.deepEqual(path.map((command) => command[1]).slice(1, -1), [0, 5]);
  assert.ok(Math.abs(/** @type {number} */ (path.at(-1)?.[1]) - 9.11) < 1e-9);
});

/** @param {Pad} pad @param {number} x */
const line = (pad, x) => {
  pad.begin([x, 10], 18);
  pad.move([x, 100], false);
  pad.end();
};

test("Undo takes back a stroke, and not what was there when the pad was opened", () => {
  const pad = new Pad([
    strokeOf(
      [
        [5, 5],
        [9, 9],
      ],
      18,
    ),
  ]);
  line(pad, 50);
  line(pad, 60);
  assert.equal(pad.strokes.length, 3);
  pad.undo();
  assert.equal(inShort(pad.strokes), "2 500 1000");
  for (let i = 0; i < 5; i++) pad.undo();
  assert.equal(pad.strokes.length, 1);
  line(pad, 70);
  pad.clear();
  pad.undo();
  assert.equal(pad.strokes.length, 1);
});

test("a hundred strokes are taken back, as the canvas does, and no more", () => {
  const pad = new Pad();
  for (let i = 0; i < 130; i++) line(pad, i);
  for (let i = 0; i < 130; i++) pad.undo();
  assert.equal(pad.strokes.length, 30);
});

test("a pad on which very much is drawn remembers a bounded part of it", () => {
  const pad = new Pad();
  for (let i = 0; i < 10_000; i++) {
    line(pad, i % 280);
    if (i % 5 === 4) pad.clear();
  }
  assert.ok(pad.known.size <= 300);
  assert.ok(pad.before.length <= 100);
  assert.ok(pad.known.has(inShort(pad.done)));
});

test("the stroke under way is a stroke already, and Clear leaves it", () => {
  const pad = new Pad();
  line(pad, 20);
  pad.begin([30, 30], 18);
  pad.move([40, 40], false);
  assert.equal(pad.strokes.length, 2);
  pad.clear();
  assert.equal(pad.strokes.length, 1);
  pad.end();
  assert.equal(inShort(pad.done), "1 400 400");
});

test("with Shift the last point gives way to the next", () => {
  const pad = new Pad();
  pad.begin([0, 0], 18);
  for (const x of [10, 20, 30]) pad.move([x, x * x], true);
  pad.end();
  assert.equal(pad.done[0].path.length, 3); // from here, bent once, to there
});

test("no more is kept of ten thousand strokes than of some hundred", () => {
  const pad = new Pad();
  for (let stroke = 0; stroke < 10_000; stroke++) {
    pad.begin([stroke % 280, 40], 18);
    pad.move([stroke % 271, 200], false);
    pad.end();
    if (stroke % 5 === 4) pad.clear();
  }
  assert.equal(pad.strokes.length, 0);
  assert.ok(pad.before.length <= 100);
  assert.ok(pad.known.size <= 300);
  for (let stroke = 0; stroke < 500; stroke++) {
    pad.begin([stroke % 280, 40], 18);
    pad.end();
  }
  assert.equal(pad.before.length, 100);
});
