// Undo and Clear for the canvas beside them, and reports without its delay.
//
// The canvas tells the app of a stroke 200 ms after its end, and its toolbar comes and goes with
// the mouse. So the toolbar is hidden and its buttons are pressed from here: "Update the app" at
// the end of each stroke, the others for a button or a key. All of it happens in the browser, so
// nothing that arrives late from the app can undo a stroke that was drawn meanwhile.
//
// The canvas has a size in pixels; on the screen it is as large as its column. It maps the pointer
// to its own pixels by itself.
//
// Who has no mouse draws with the arrow keys: what they do reaches the canvas as what a mouse does.

const UPDATE = "Update the app with this drawing", UNDO = "Undo", RESET = "Reset canvas & history";

const canvas = () => {
  const place = `.st-key-${data.pad}`;
  for (const element of document.querySelectorAll(`${place}, ${place} *`))
    if (element.shadowRoot?.querySelector("canvas")) return element.shadowRoot;
};
const FILL = `
  .canvas-root, .dc-root, .dc-scroll, .dc-container, .canvas-container, canvas {
    width: 100% !important; height: auto !important; aspect-ratio: var(--aspect);
  }
  canvas.upper-canvas:focus-visible { outline: 3px solid #4da3e0; outline-offset: -3px; }
  .pen {
    display: none; position: absolute; width: 14px; height: 14px; margin: -7px; z-index: 11;
    box-sizing: border-box; border: 2px solid #ffb000; border-radius: 50%; pointer-events: none;
  }
  .pen.down { background: #ffb000; }
  canvas.upper-canvas:focus-visible ~ .pen { display: block; }
`;
const HOW = "Drawing pad. Arrow keys move the pen; Space puts it down and lifts it.";
const fill = (root) => {
  if (root.querySelector("style[data-fill]")) return;
  const style = document.createElement("style");
  style.dataset.fill = "";
  style.textContent = `:host { --aspect: ${data.aspect}; }${FILL}`;
  root.append(style);
  const pad = root.querySelector("canvas.upper-canvas");
  pad.tabIndex = 0;
  pad.setAttribute("role", "application");
  pad.setAttribute("aria-label", HOW);
  pad.after(mark);
  pad.addEventListener("blur", () => pen.down && lift(pad));
};

// The pen of the keyboard: where it is on the pad, in shares of its width and its height.
const STEP = 1 / 28; // a pixel of what the network sees
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const pen = { x: 0.5, y: 0.25, down: false };
const mark = document.createElement("span");
const showPen = () => {
  mark.className = pen.down ? "pen down" : "pen";
  mark.style.left = `${100 * pen.x}%`;
  mark.style.top = `${100 * pen.y}%`;
};
const asMouse = (pad, type) => {
  const box = pad.getBoundingClientRect();
  const [clientX, clientY] = [box.left + pen.x * box.width, box.top + pen.y * box.height];
  const buttons = type === "mouseup" ? 0 : 1;
  pad.dispatchEvent(
    new MouseEvent(type, { bubbles: true, composed: true, clientX, clientY, buttons })
  );
};
const lift = (pad) => {
  pen.down = false;
  asMouse(pad, "mouseup");
  showPen();
};
const steer = (event, pad) => {
  const move = MOVES[event.key];
  if (move) {
    const within = (value) => Math.min(Math.max(value, 0.02), 0.98);
    pen.x = within(pen.x + (STEP * move[0]) / data.aspect);
    pen.y = within(pen.y + STEP * move[1]);
    if (pen.down) asMouse(pad, "mousemove");
  } else if (event.key === " " && !event.repeat) {
    if (pen.down) lift(pad);
    else {
      pen.down = true;
      asMouse(pad, "mousedown");
    }
  } else if (event.key !== " ") return;
  event.preventDefault();
  showPen();
};
const press = (button) => canvas()?.querySelector(`[aria-label="${button}"]`)?.click();
const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA)$/.test(target.nodeName);

showPen();

let drawing = false; // the pen is down on the canvas
let kept = 0; // how many drawings had been kept when the canvas was last emptied
let mounted = null; // where this is on the page: it is called again whenever its data change
let data, setTriggerValue;

const clear = () => {
  press(RESET);
  // It goes back to the drawing that the page was opened with; without it only the app can.
  if (data.opened) setTriggerValue("cleared", true);
};
const actions = { z: () => press(UNDO), x: clear };
const listeners = {
  // A kept drawing gives way to the next one. The canvas is empty before it sees this event.
  down: (event) => {
    drawing = event.composedPath()[0].classList?.contains("upper-canvas") ?? false;
    if (drawing && data.kept !== kept) press(RESET);
    if (drawing) kept = data.kept;
  },
  up: () => {
    if (drawing) queueMicrotask(() => press(UPDATE)); // after the canvas has made it a stroke
    drawing = false;
  },
  // By what is on the key, or by where it is: on some keyboards Z is elsewhere, and digits need
  // Shift. The app itself sees a digit that is typed as one.
  key: (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.composedPath()[0];
    if (isTyping(target)) return;
    if (target.classList?.contains("upper-canvas")) steer(event, target);
    const [, place, digit] = event.code.match(/^(?:Key([ZX])|Digit(\d))$/) ?? [];
    const action = actions[event.key.toLowerCase()] ?? actions[place?.toLowerCase()];
    if (action) action();
    else if (digit && event.key !== digit)
      document.querySelector(`.st-key-label-${digit} button`)?.click();
  },
};
// Down and keys are seen before the canvas and the app see them, up after the canvas has.
const EVENTS = [
  ["mousedown", listeners.down, true], ["touchstart", listeners.down, true],
  ["mouseup", listeners.up, false], ["touchend", listeners.up, false],
  ["keydown", listeners.key, true],
];

export default function (component) {
  const { parentElement } = component;
  ({ data, setTriggerValue } = component);
  if (parentElement !== mounted) {
    mounted = parentElement;
    for (const event of EVENTS) addEventListener(...event);
  }
  for (const button of parentElement.querySelectorAll("button"))
    button.onclick = actions[button.dataset.key];
  let frame = 0;
  const hideToolbar = () => {
    const toolbar = canvas()?.querySelector(".dc-toolbar-card");
    if (toolbar) {
      toolbar.style.display = "none";
      fill(canvas());
    } else frame = requestAnimationFrame(hideToolbar);
  };
  hideToolbar();
  return () => {
    cancelAnimationFrame(frame);
    if (parentElement !== mounted) return;
    mounted = null;
    for (const event of EVENTS) removeEventListener(...event);
  };
}
