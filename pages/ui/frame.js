// Nothing starts while a number stands there that its field has refused. Such a number stays in the
// browser, so the server knows the one before it only, and would train with that.

if (!window.mnistLabRefused) {
  const STARTS = '[class*="st-key-once-"], .st-key-knob-apply, .st-key-teach-make';
  window.mnistLabRefused = (event) => {
    const refused = document.querySelector('.stNumberInput input[aria-invalid="true"]');
    if (!refused || !event.target.closest?.(STARTS)) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    const folded = refused.closest("details:not([open])");
    folded?.addEventListener("toggle", () => refused.focus(), { once: true });
    folded?.querySelector("summary").click();
    refused.focus();
  };
  // Before the listener that counts clicks: one that was refused is none.
  addEventListener("click", window.mnistLabRefused, true);
}

// The second click of a double click on a button that starts something is none.
//
// What counts is when the mouse was pressed, not when the server gets to know of it: between the
// two clicks the button may have been drawn anew. See actions.py for what the server does.

if (!window.mnistLabOnce) {
  const DOUBLE = 700; // ms
  window.mnistLabOnce = { button: "", time: -DOUBLE };
  addEventListener("click", (event) => {
    const around = event.target.closest?.('[class*="st-key-once-"]');
    const name = around?.className.match(/st-key-once-(\S+)-\d+/)?.[1];
    if (!name) return;
    const last = window.mnistLabOnce;
    if (name === last.button && event.timeStamp - last.time < DOUBLE) {
      event.stopImmediatePropagation();
      event.preventDefault();
    } else {
      window.mnistLabOnce = { button: name, time: event.timeStamp };
    }
  }, true);
}

// How a run stands is read to those who cannot see it. A screen reader notices new words in an
// element that stays, which nothing that Streamlit draws does.

if (!window.mnistLabHeard) {
  window.mnistLabHeard = setInterval(() => {
    const said = document.querySelector(".lab-said")?.dataset.said;
    let heard = document.querySelector(".lab-aloud");
    if (said === undefined) {
      heard?.remove();
    } else if (!heard) {
      heard = document.body.appendChild(document.createElement("p"));
      heard.className = "lab-heard lab-aloud";
      heard.setAttribute("role", "status");
    } else if (heard.textContent !== said) {
      heard.textContent = said;
    }
  }, 500);
}

// On a map of pictures, the one that is pointed at. They are all on one sheet (space.py); the point
// knows its place there.

if (!window.mnistLabMap) {
  const SIZE = 96; // px
  const shown = document.body.appendChild(document.createElement("div"));
  shown.className = "lab-pointed";
  shown.hidden = true;
  const point = (event) => {
    const { columns, width, height, sheet } = document.querySelector(".lab-sheet")?.dataset ?? {};
    const place = event.points[0]?.customdata;
    if (sheet === undefined || place === undefined) return;
    const scale = SIZE / width;
    shown.style.width = `${SIZE}px`;
    shown.style.height = `${height * scale}px`;
    shown.style.backgroundImage = `url(${sheet})`;
    shown.style.backgroundSize = `${columns * SIZE}px auto`;
    const [column, row] = [place % columns, Math.floor(place / columns)];
    shown.style.backgroundPosition = `${-column * SIZE}px ${-row * height * scale}px`;
    const { clientX, clientY } = event.event;
    shown.style.left = `${Math.min(clientX + 24, innerWidth - SIZE - 8)}px`;
    shown.style.top = `${Math.max(clientY - height * scale - 24, 8)}px`;
    shown.hidden = false;
  };
  const leave = () => { shown.hidden = true; };
  window.mnistLabMap = setInterval(() => {
    const chart = document.querySelector(".st-key-map .js-plotly-plot");
    if (!chart) {
      leave();
    } else if (chart.on) {
      // A chart that was drawn anew has lost them; one that was not has each of them once.
      for (const [event, listener] of [["plotly_hover", point], ["plotly_unhover", leave]]) {
        chart.removeListener(event, listener);
        chart.on(event, listener);
      }
    }
  }, 500);
}
