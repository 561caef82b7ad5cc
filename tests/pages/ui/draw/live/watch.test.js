// Which epoch is shown, and what is said of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inShortWords, shownEpoch } from "../../../../../pages/ui/draw/live/watch.js";

test("the newest epoch is shown until one is chosen, and again when that one is gone", () => {
  assert.equal(shownEpoch([0, 1, 2], null), 2);
  assert.equal(shownEpoch([0, 1, 2, 3], null), 3);
  assert.equal(shownEpoch([0, 1, 2, 3], 1), 1);
  assert.equal(shownEpoch([0, 2, 4], 1), 4);
});

test("it says which epoch, what that one reads, and how sure it is", () => {
  const shares = Float32Array.of(0.125, 0.625, 0.25);
  assert.equal(inShortWords(3, 5, shares), "After epoch 3 of 5 it reads 1, 63 %");
  assert.equal(inShortWords(0, 5, shares), "Untrained it reads 1, 63 %");
  assert.equal(inShortWords(1 + 1 / 3, 5, null), "After epoch 1.33 of 5");
  assert.equal(inShortWords(2, 5, null), "After epoch 2 of 5");
});
