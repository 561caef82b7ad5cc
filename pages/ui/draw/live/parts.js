// What the panels are made of.

import { signed } from "./units.js";

/** @typedef {{above: [number, number, number], below: [number, number, number]}} Colours */

/**
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {object} values
 * @param {(string | Node)[]} inside
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, values = {}, ...inside) {
  const made = Object.assign(document.createElement(name), values);
  made.append(...inside);
  return made;
}

/** @param {string} text @param {() => void} onclick */
export const tool = (text, onclick) =>
  element("button", { type: "button", className: "tool", textContent: text, onclick });

/**
 * A slider with its name; one movement of it is one change.
 * @param {string} name
 * @param {{max: number, step: number}} scale  from 0
 * @param {{begin?: () => void, move: (value: number) => void, end?: () => void}} heard
 */
export function slider(name, { max, step }, { begin, move, end }) {
  let moving = false;
  const input = element("input", { type: "range", min: "0", max: `${max}`, step: `${step}` });
  input.value = "0";
  input.oninput = () => {
    if (!moving) begin?.();
    moving = true;
    move(+input.value);
  };
  input.onchange = () => {
    moving = false;
    end?.();
  };
  return { input, label: element("label", {}, element("span", { textContent: name }), input) };
}

/** @param {number} value */
export const number = (value) => value.toFixed(2).replace("-", "−");

/**
 * Show colours as a square picture.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8ClampedArray<ArrayBuffer>} pixels  four numbers each
 */
function put(canvas, pixels) {
  const side = Math.sqrt(pixels.length / 4);
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  canvas.getContext("2d")?.putImageData(new ImageData(pixels, side, side), 0, 0);
  return canvas;
}

/**
 * Show weights as a square picture.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} values
 * @param {Colours} colours
 */
export const paint = (canvas, values, { above, below }) =>
  put(canvas, signed(values, above, below));

/**
 * Show ink, 0 to 1, white on black.
 * @param {HTMLCanvasElement} canvas
 * @param {Float32Array} image
 */
export function ink(canvas, image) {
  const pixels = new Uint8ClampedArray(4 * image.length).fill(255);
  image.forEach((value, i) => pixels.fill(value * 255, 4 * i, 4 * i + 3));
  return put(canvas, pixels);
}
