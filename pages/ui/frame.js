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
