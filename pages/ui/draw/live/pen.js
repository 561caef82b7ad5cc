// What is on the pad at this moment: the strokes, the one under way, and what Undo brings back.
//
// The canvas tells of a stroke when it is done. So the pen is followed here as Fabric.js follows
// it, and a stroke becomes the path that Fabric's pencil makes of it (PencilBrush, Fabric 7).

/** @typedef {import("./prepare.js").Stroke} Stroke */
/** @typedef {[number, number]} Point */

const NEAR = 0.4; // points nearer to the one before are left out at the end of a stroke
const MOST_UNDONE = 100;
const REMEMBERED = 300; // states; the app answers to one that is a moment old

/** @param {Point[]} points */
function thinned(points) {
  if (points.length <= 2) return points;
  const last = points.length - 1;
  const kept = [points[0]];
  for (const point of points.slice(1, last - 1)) {
    const [x, y] = kept[kept.length - 1];
    if ((x - point[0]) ** 2 + (y - point[1]) ** 2 >= NEAR ** 2) kept.push(point);
  }
  return [...kept, points[last]];
}

/**
 * The path of a stroke: through the middles between points, bent by the points.
 * @param {Point[]} points  at least two
 * @param {number} width
 * @returns {Stroke}
 */
export function strokeOf(points, width) {
  const kept = thinned(points);
  const count = kept.length;
  const beyond = width / 1000;
  const way = (/** @type {Point} */ from, /** @type {Point} */ to) =>
    [0, 1].map((axis) => Math.sign(to[axis] - from[axis]) * beyond);
  const [startX, startY] = count > 2 ? way(kept[1], kept[2]) : [beyond, 0];
  /** @type {(string | number)[][]} */
  const path = [["M", kept[0][0] - startX, kept[0][1] - startY]];
  kept.slice(0, -1).forEach(([x, y], i) => {
    const [nextX, nextY] = kept[i + 1];
    if (x !== nextX || y !== nextY) path.push(["Q", x, y, (x + nextX) / 2, (y + nextY) / 2]);
  });
  const [endX, endY] = count > 2 ? way(kept[count - 2], kept[count - 1]) : [beyond, 0];
  path.push(["L", kept[count - 1][0] + endX, kept[count - 1][1] + endY]);
  return { path, width };
}

/**
 * A drawing in short, as `in_short` of pages/ui/draw/live.py: how many strokes, and where the last
 * one ended.
 * @param {Stroke[]} strokes
 */
export function inShort(strokes) {
  if (!strokes.length) return "0";
  const last = strokes[strokes.length - 1].path;
  const end = /** @type {number[]} */ (last[last.length - 1].slice(-2));
  return [strokes.length, ...end.map((at) => Math.floor(10 * at + 0.623))].join(" ");
}

/** The drawing on the pad. */
export class Pad {
  /** @param {Stroke[]} strokes  those that were there when it was opened */
  constructor(strokes = []) {
    this.opened = strokes;
    this.done = strokes;
    /** @type {Stroke[][]} */
    this.before = [];
    /** @type {Point[] | null} */
    this.points = null;
    this.width = 1;
    this.straight = false;
    this.known = new Set([inShort(strokes)]); // the states that it was in
  }

  /** All strokes, with the one under way. */
  get strokes() {
    return this.points ? [...this.done, strokeOf(this.points, this.width)] : this.done;
  }

  /** @param {Point} point @param {number} width */
  begin(point, width) {
    this.points = [point, point];
    this.width = width;
    this.straight = false;
  }

  /** @param {Point} point @param {boolean} straight  the last point gives way to it */
  move(point, straight) {
    if (!this.points) return;
    const [x, y] = this.points[this.points.length - 1];
    if (x === point[0] && y === point[1]) return;
    if (straight) this.points.pop();
    this.points.push(point);
  }

  end() {
    if (!this.points) return;
    const strokes = this.strokes;
    this.points = null;
    this.before = [...this.before.slice(1 - MOST_UNDONE), this.done];
    this.become(strokes);
  }

  undo() {
    const before = this.before.pop();
    if (before) this.become(before);
  }

  clear() {
    this.before = [];
    this.become(this.opened);
  }

  /** @param {Stroke[]} strokes */
  become(strokes) {
    this.done = strokes;
    const name = inShort(strokes);
    this.known.delete(name);
    this.known.add(name);
    if (this.known.size > REMEMBERED) this.known.delete([...this.known][0]);
  }
}
