// The network alive under the pen: it reads while somebody draws.
//
// Mounted with bytes, this keeps a network; mounted with JSON, it watches the pad. On each frame in
// which ink was added it shows what the network reads, where the app shows its own answer. Once the
// app has answered to the same drawing, its answer stands.

import { Pad, inShort } from "./pen.js";
import { strokesToMnist } from "./prepare.js";
import { read, unpack } from "./network.js";
import { show, showBoth } from "./view.js";
import { Break, worn } from "./units.js";
import { Tiles } from "./tiles.js";
import { Watch, isEpoch } from "./watch.js";

/** @typedef {import("./network.js").Network} Network */
/** @typedef {import("./pen.js").Stroke} Stroke */
/** @typedef {import("./view.js").Reading} Reading */
/**
 * @typedef {{network: string, judge: string, second: string | null, pen: number, side: number,
 *   numbers: import("./prepare.js").Numbers, words: import("./view.js").Words,
 *   drawing: Stroke[] | null}} Data
 */

const DRAWING = "drawing"; // asked for like a network
const KEPT = 4; // networks beside those that read now

/** @type {Map<string, Network>} */
const networks = new Map();
/** @type {Data} */
let data;
let pad = new Pad();
let lost = true; // what is on the pad is not known
let finger = -1; // the one that draws
let frame = 0;
/** @type {Tiles | null} */
let tiles = null; // while its panel is open
/** @type {Watch | null} */
let watch = null; // while its panel is open
/** @type {Map<string, Network>} */
const learnt = new Map(); // after each epoch of the run that is or was watched
const broken = new Break();
/** @type {{of: Network, how: string, network: Network} | null} */
let kept = null; // the network with noise and without biases, from frame to frame
/** @type {(wanted: string[]) => void} */
let ask = () => {};
let asked = "[]";
/** @type {Element | null} */
let mounted = null; // where this is on the page

const place = () => document.querySelector(".st-key-answer");
const answered = () =>
  /** @type {HTMLElement | null | undefined} */ (place()?.querySelector(".answer"))?.dataset.drawn;

/** The networks that read now. */
const needed = () => [
  ...new Set([data.network, data.judge, ...(data.second ? [data.second] : [])]),
];

/** Read what is on the pad. @returns {Reading | null | undefined} undefined where that cannot be */
function look() {
  const [network, judge] = [networks.get(data.network), networks.get(data.judge)];
  if (lost || !network || !judge) return undefined;
  const image = strokesToMnist(pad.strokes, data.numbers);
  if (!image?.some((ink) => ink > 0)) return null;
  const answer = read(asBroken(network), image, broken.off);
  const { probabilities } = judge === network && !broken.any ? answer : read(judge, image);
  return { ...answer, image, isDigit: Math.max(...probabilities) >= judge.threshold };
}

/** @param {Network} network */
function asBroken(network) {
  const { noise, biases } = broken;
  if (!noise && !biases.size) return network;
  const how = [noise, ...biases].join(" ");
  if (kept?.of !== network || kept.how !== how)
    kept = { of: network, how, network: worn(network, broken) };
  return kept.network;
}

/** Show the units, if their panel is open; of the answer, what was found. @param {Reading | null} found */
function showUnits(found) {
  const network = networks.get(data.network);
  if (tiles && network) tiles.show(network, asBroken(network), found);
}

/** Read and show, once in the next frame. */
function later() {
  if (!frame)
    frame = requestAnimationFrame(() => {
      frame = 0;
      update();
    });
}

function update() {
  if (!mounted) return;
  const found = look();
  const at = place();
  if (found === undefined || !at) return;
  showUnits(found);
  watch?.show(found?.image ?? null);
  try {
    show(at, found, data.words, broken.words);
    const second = networks.get(data.second ?? "");
    if (second) showBoth(at, [found, found && read(second, found.image)], data.words);
  } finally {
    watcher.takeRecords(); // of what was just written, also where the browser cannot go on
  }
  at.querySelector("[role=status]")?.setAttribute("aria-live", "off");
  if (!pad.points) say();
}

/** Once the pen rests, what was read is heard too. */
function say() {
  const aloud = mounted?.querySelector("[role=status]");
  if (aloud) aloud.textContent = place()?.querySelector(".answer > div")?.textContent ?? "";
}

/** Find out what is on the pad, where that is not known, and ask the app for what is missing. */
function settle() {
  const drawn = answered();
  if (drawn === undefined) return;
  if (lost && !pad.points) {
    const strokes = drawn === "0" ? [] : data.drawing;
    if (strokes && inShort(strokes) === drawn) {
      pad = new Pad(strokes);
      lost = false;
    }
  }
  const wanted = needed().filter((id) => !networks.has(id));
  if (lost) wanted.push(DRAWING);
  ask(wanted);
}

// The app's answer to a drawing that is older than what is on the pad is not seen: this comes
// before the browser paints.
const watcher = new MutationObserver(() => {
  const drawn = answered();
  if (drawn === undefined) return;
  if (!lost && (pad.points || broken.any || drawn !== inShort(pad.done))) {
    if (pad.points || pad.known.has(drawn)) update();
    else lost = true;
  }
  settle();
});

/** @param {Event} event */
const target = (event) => /** @type {Element} */ (event.composedPath()[0]);

/**
 * Where an event is on the pad, in its own pixels; null for another finger than the one that draws.
 * @param {MouseEvent | TouchEvent} event
 * @returns {[number, number] | null}
 */
function at(event) {
  const box = canvas?.getBoundingClientRect();
  const touch = "changedTouches" in event ? event.changedTouches[0] : null;
  if (!box || (touch && touch.identifier !== finger)) return null;
  const { clientX, clientY } = touch ?? /** @type {MouseEvent} */ (event);
  return [
    (clientX - box.left) * (data.side / box.width),
    (clientY - box.top) * (data.side / box.height),
  ];
}

/** @type {Element | null} */
let canvas = null;

/** @type {Record<string, (event: any) => void>} */
const LISTENERS = {
  mousedown: (event) => {
    if (!target(event).classList?.contains("upper-canvas") || event.button) return;
    canvas = target(event);
    if (event.changedTouches && !pad.points) finger = event.changedTouches[0].identifier;
    const point = at(event);
    if (point) pad.begin(point, data.pen);
    if (point) later();
  },
  mousemove: (event) => {
    const point = pad.points && at(event);
    if (!point) return;
    pad.move(point, event.shiftKey);
    later();
  },
  mouseup: (event) => {
    if (!pad.points || event.button || event.touches?.length) return;
    pad.end();
    later();
  },
  click: (event) => {
    const button = target(event).closest?.("button")?.ariaLabel;
    if (button === "Undo") pad.undo();
    else if (button === "Reset canvas & history") pad.clear();
    else return;
    later();
  },
};
const EVENTS = Object.entries({
  mousedown: "mousedown",
  mousemove: "mousemove",
  mouseup: "mouseup",
  click: "click",
  touchstart: "mousedown",
  touchmove: "mousemove",
  touchend: "mouseup",
}).map(([type, name]) => /** @type {const} */ ([type, LISTENERS[name], true]));

/** @param {Uint8Array} bytes */
function keep(bytes) {
  for (const network of unpack(bytes))
    (isEpoch(network.id) ? learnt : networks).set(network.id, network);
  watch?.came();
  const idle = [...networks.keys()].filter((id) => !needed().includes(id));
  for (const id of idle.slice(0, -KEPT)) networks.delete(id);
}

/**
 * The panel of units. What is broken is whole again when it is closed or another network reads.
 * @param {Element} parentElement
 * @param {import("./parts.js").Colours} colours
 * @param {(name: string, value: unknown) => void} setStateValue
 */
function openUnits(parentElement, colours, setStateValue) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".panel"));
  const report = () => {
    const off = [...broken.off].map((name) => name.split(" ").map(Number));
    const { noise, biases } = broken;
    setStateValue("broken", { network: data.network, off, biases: [...biases], noise });
  };
  if (tiles?.root !== root) tiles = new Tiles(root, colours, broken, later, report);
  later();
  return () => {
    if (tiles?.root !== root) return;
    tiles = null;
    broken.reset();
    later();
  };
}

/**
 * The panel of a run's epochs.
 * @param {Element} parentElement
 * @param {import("./watch.js").Learnt} told
 * @param {(name: string, value: unknown) => void} setStateValue
 */
function openWatch(parentElement, told, setStateValue) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".panel"));
  if (watch?.root !== root) watch = new Watch(root, learnt, (ids) => setStateValue("wanted", ids));
  watch.tell(told);
  later();
  return () => {
    if (watch?.root === root) watch = null;
  };
}

/**
 * The panels are mounted with what they are about.
 * @typedef {{units: import("./parts.js").Colours}} Units
 * @typedef {{learnt: import("./watch.js").Learnt}} Epochs
 * @param {{data: Data | Units | Epochs | Uint8Array, parentElement: Element,
 *   setStateValue: (name: string, value: unknown) => void}} component
 */
export default function ({ data: given, parentElement, setStateValue }) {
  if (given instanceof Uint8Array) {
    keep(given);
    settle();
    later();
    return;
  }
  if ("units" in given) return openUnits(parentElement, given.units, setStateValue);
  if ("learnt" in given) return openWatch(parentElement, given.learnt, setStateValue);
  if (data?.network !== given.network) {
    broken.reset();
    later();
  }
  data = given;
  ask = (wanted) => {
    const text = JSON.stringify(wanted);
    if (text !== asked) setStateValue("wanted", wanted);
    asked = text;
  };
  if (parentElement !== mounted) {
    mounted = parentElement;
    asked = "[]";
    lost = true;
    for (const event of EVENTS) addEventListener(...event);
  }
  const around = place();
  watcher.disconnect();
  if (around) watcher.observe(around, { childList: true, subtree: true });
  settle();
  return () => {
    if (parentElement !== mounted) return;
    mounted = null;
    watcher.disconnect();
    for (const event of EVENTS) removeEventListener(...event);
  };
}
