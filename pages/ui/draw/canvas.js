// Undo and Clear for the canvas beside them, and reports without its delay.
//
// The canvas tells the app of a stroke 200 ms after its end, and its toolbar comes and goes with
// the mouse. So the toolbar is hidden and its buttons are pressed from here: "Update the app" at
// the end of each stroke, the others for a button or a key. All of it happens in the browser, so
// nothing that arrives late from the app can undo a stroke that was drawn meanwhile.
//
// The canvas has a size in pixels; on the screen it is as large as its column. It maps the pointer
// to its own pixels by itself.

const UPDATE = "Update the app with this drawing", UNDO = "Undo", RESET = "Reset canvas & history";

const canvas = () => {
  for (const element of document.querySelectorAll(".st-key-canvas, .st-key-canvas *"))
    if (element.shadowRoot?.querySelector("canvas")) return element.shadowRoot;
};
const FILL = `
  .canvas-root, .dc-root, .dc-scroll, .dc-container, .canvas-container, canvas {
    width: 100% !important; height: auto !important; aspect-ratio: 1;
  }
`;
const fill = (root) => {
  if (root.querySelector("style[data-fill]")) return;
  const style = document.createElement("style");
  style.dataset.fill = "";
  style.textContent = FILL;
  root.append(style);
};
const press = (button) => canvas()?.querySelector(`[aria-label="${button}"]`)?.click();
const isTyping = (target) => target.isContentEditable || /^(INPUT|TEXTAREA)$/.test(target.nodeName);

let drawing = false; // the pen is down on the canvas
let kept = 0; // how many drawings had been kept when the canvas was last emptied

export default function ({ parentElement, data }) {
  let frame = 0;
  const actions = { z: () => press(UNDO), x: () => press(RESET) };
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
      if (isTyping(event.composedPath()[0])) return;
      const [, place, digit] = event.code.match(/^(?:Key([ZX])|Digit(\d))$/) ?? [];
      const action = actions[event.key.toLowerCase()] ?? actions[place?.toLowerCase()];
      if (action) action();
      else if (digit && event.key !== digit)
        document.querySelector(`.st-key-label-${digit} button`)?.click();
    },
  };
  // Down and keys are seen before the canvas and the app see them, up after the canvas has.
  const events = [
    ["mousedown", listeners.down, true], ["touchstart", listeners.down, true],
    ["mouseup", listeners.up, false], ["touchend", listeners.up, false],
    ["keydown", listeners.key, true],
  ];
  for (const event of events) addEventListener(...event);
  for (const button of parentElement.querySelectorAll("button"))
    button.onclick = actions[button.dataset.key];
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
    for (const event of events) removeEventListener(...event);
  };
}
