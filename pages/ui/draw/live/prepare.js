// From pen strokes to the 28 x 28 that a network sees: mnist_core.drawing in the browser.
//
// The numbers come from there (`description()`). Math.fround stands where NumPy holds float32, so
// that lines are stamped at the very same points.

/** @typedef {{path: (string | number)[][], width: number}} Stroke  as Fabric.js has it */
/** @typedef {{points: Float32Array, width: number}} Line  x and y of the pen's middle, in turn */
/**
 * @typedef {{side: number, box: number, pen: number, middle: number, blot: number, tie: number,
 *   chords: number, spacing: number, mostPoints: number}} Numbers
 */
/** @typedef {{evenPen: boolean, crop: boolean, margin: boolean, centre: boolean}} Steps */
/** @typedef {{side: number, scale: number, x: number, y: number, pen: number | null}} Frame */

/** @type {Steps} */
const ALL = { evenPen: true, crop: true, margin: true, centre: true };
const round = Math.fround;

/**
 * The points along a path of M, L and Q commands; a curve becomes so many chords.
 * @param {Stroke} stroke
 * @param {number} chords
 * @returns {Line}
 */
export function lineOf({ path, width }, chords) {
  /** @type {number[]} */
  const points = [];
  for (const [command, ...rest] of path) {
    const numbers = /** @type {number[]} */ (rest);
    const [endX, endY] = numbers.slice(-2);
    if (command !== "Q" || !points.length) {
      points.push(endX, endY);
      continue;
    }
    const [startX, startY] = points.slice(-2);
    for (let chord = 1; chord <= chords; chord++) {
      const t = chord / chords;
      const [before, between, after] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      points.push(
        before * startX + between * numbers[0] + after * endX,
        before * startY + between * numbers[1] + after * endY,
      );
    }
  }
  return { points: Float32Array.from(points), width };
}

/**
 * The picture (28 x 28, in [0, 1], row by row) of strokes; null where nothing is drawn.
 * @param {Stroke[]} strokes
 * @param {Numbers} numbers
 * @param {Steps} steps  which steps to take
 * @param {number} canvas  its side; plays a part where it is not cropped
 * @returns {Float32Array | null}
 */
export function strokesToMnist(strokes, numbers, steps = ALL, canvas = 280) {
  if (!strokes.length) return null;
  const lines = strokes.map((stroke) => lineOf(stroke, numbers.chords));
  const frame = frameOf(lines, numbers, steps, canvas);
  const box = new Float32Array(frame.side ** 2);
  for (const line of lines) stamp(box, moved(line, frame), frame.side, numbers);
  return centred(box, frame.side, numbers, steps);
}

/**
 * The square that lines are drawn into, and where it lies.
 * @param {Line[]} lines
 * @param {Numbers} numbers
 * @param {Steps} steps
 * @param {number} canvas
 * @returns {Frame}
 */
function frameOf(lines, numbers, steps, canvas) {
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const { points } of lines)
    for (let i = 0; i < points.length; i++) {
      low[i % 2] = Math.min(low[i % 2], points[i]);
      high[i % 2] = Math.max(high[i % 2], points[i]);
    }
  const extent = Math.max(round(high[0] - low[0]), round(high[1] - low[1]));
  const pen = Math.max(...lines.map((line) => line.width));
  const side = steps.margin ? numbers.box : numbers.side;
  const even = steps.evenPen && pen <= numbers.blot * (extent + pen);
  const whole = { side, pen: even ? numbers.pen : null };
  if (!steps.crop) return { ...whole, scale: side / canvas, x: canvas / 2, y: canvas / 2 };
  const scale = even ? (side - numbers.pen) / extent : side / (extent + pen);
  const [x, y] = [0, 1].map((axis) => round(round(low[axis] + high[axis]) / 2));
  return { ...whole, scale, x, y };
}

/**
 * A line in the square's pixels, drawn with the square's pen.
 * @param {Line} line
 * @param {Frame} frame
 * @returns {Line}
 */
function moved({ points, width }, { side, scale, x, y, pen }) {
  const middle = [x, y];
  const by = round(scale);
  return {
    points: points.map((at, i) => round(round(at - middle[i % 2]) * by) + side / 2),
    width: pen ?? Math.max(width * scale, 1),
  };
}

/**
 * Points at even steps of at most `spacing` along a line, both ends included.
 * @param {Float32Array} points
 * @param {number} spacing
 * @param {number} most
 * @returns {Float32Array}
 */
function resampled(points, spacing, most) {
  const along = [0];
  for (let i = 2; i < points.length; i += 2) {
    const [x, y] = [round(points[i] - points[i - 2]), round(points[i + 1] - points[i - 1])];
    along.push(round(along[along.length - 1] + round(Math.sqrt(x * x + y * y))));
  }
  const length = along[along.length - 1];
  const count = Math.min(Math.ceil(length / spacing), most) + 1;
  const found = new Float32Array(2 * count);
  for (let i = 0, piece = 0; i < count; i++) {
    const at = i === count - 1 ? length : (i * length) / (count - 1);
    while (piece < along.length - 1 && along[piece + 1] <= at) piece++;
    for (const axis of [0, 1]) {
      const [from, to] = [points[2 * piece + axis], points[2 * piece + axis + 2]];
      const left = at - along[piece];
      found[2 * i + axis] =
        left === 0 ? from : ((to - from) / (along[piece + 1] - along[piece])) * left + from;
    }
  }
  return found;
}

/**
 * Stamp discs along a line: one covers a pixel by radius + 1/2 - distance, within 0 and 1.
 * @param {Float32Array} ink  (side x side), which is added to
 * @param {Line} line
 * @param {number} side
 * @param {Numbers} numbers
 */
function stamp(ink, { points, width }, side, { spacing, mostPoints }) {
  const radius = width / 2;
  const reach = Math.ceil(radius + 1);
  const at = resampled(points, Math.sqrt(spacing * radius), mostPoints);
  for (let i = 0; i < at.length; i += 2) {
    const [x, y] = [at[i], at[i + 1]];
    const [left, top] = [Math.floor(x) - reach, Math.floor(y) - reach];
    for (let row = Math.max(top, 0); row <= Math.min(top + 2 * reach, side - 1); row++)
      for (
        let column = Math.max(left, 0);
        column <= Math.min(left + 2 * reach, side - 1);
        column++
      ) {
        const [across, down] = [column + 0.5 - x, row + 0.5 - y];
        const cover = radius + 0.5 - Math.sqrt(across * across + down * down);
        const place = row * side + column;
        if (cover > ink[place]) ink[place] = Math.min(cover, 1);
      }
  }
}

/**
 * The box in the whole picture, moved by whole pixels so that its centre of mass is in the middle.
 * @param {Float32Array} box
 * @param {number} size  its side
 * @param {Numbers} numbers
 * @param {Steps} steps
 * @returns {Float32Array}
 */
function centred(box, size, { side, middle, tie }, steps) {
  const room = side - size;
  let [top, left] = [Math.floor(room / 2), Math.floor(room / 2)];
  const mass = box.reduce((sum, ink) => sum + ink, 0);
  if (steps.centre && room && mass) {
    const place = (/** @type {(i: number) => number} */ pixel) => {
      const at = box.reduce((sum, ink, i) => sum + ink * (pixel(i) + 0.5), 0) / mass;
      return Math.min(Math.max(Math.ceil(middle - at - 0.5 - tie), 0), room);
    };
    [top, left] = [place((i) => Math.floor(i / size)), place((i) => i % size)];
  }
  const image = new Float32Array(side * side);
  for (let row = 0; row < size; row++)
    image.set(box.subarray(row * size, (row + 1) * size), (top + row) * side + left);
  return image;
}
