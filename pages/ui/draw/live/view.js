// The answer on the page, where the app's own is: in words, as bars, and what the network sees.
//
// The words, the sentences around them and the colours come from pages/ui/draw/answer.py.

/**
 * @typedef {{templates: {nothing: string, digit: string, none: string, seen: string},
 *   sure: [number, string, string][], accent: string, muted: string, both: Both}} Words
 */
/**
 * @typedef {{nothing: string, same: string, other: string, differ: number, mark: string}} Both
 */
/**
 * @typedef {{image: Float32Array, units: Float32Array[], probabilities: Float32Array,
 *   isDigit: boolean}} Reading
 */

/** @param {number} share @param {number} digits */
export const percent = (share, digits = 0) => `${(100 * share).toFixed(digits)} %`;

/** @param {string} template @param {Record<string, string | number>} values */
const filled = (template, values) => template.replace(/{(\w+)}/g, (_, name) => `${values[name]}`);

/** The place of the largest; the first where none is a number. @param {Float32Array} shares */
export const winnerOf = (shares) =>
  shares.reduce((best, share, i) => (share > shares[best] ? i : best), 0);

/**
 * What was read and how sure that is, as HTML; as `in_words` in Python.
 * @param {Pick<Reading, "probabilities" | "isDigit"> | null} reading
 * @param {Words} words
 */
export function inWords(reading, { templates, sure }) {
  if (!reading) return templates.nothing;
  const digit = winnerOf(reading.probabilities);
  if (!reading.isDigit) return filled(templates.none, { digit });
  const probability = reading.probabilities[digit];
  const [least, word, kind] = sure.find(([from]) => probability >= from) ?? sure[sure.length - 1];
  const share = least === sure[0][0] ? "" : `, ${percent(probability)}`;
  const mark = kind === "sure" ? "✓" : "?";
  return filled(templates.digit, { digit, kind, mark, sure: word, share });
}

/** @type {HTMLCanvasElement} */
let easel;

/** A picture as an address that holds all of it. @param {Float32Array} image */
function asAddress(image) {
  const side = Math.sqrt(image.length);
  easel ??= Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pixels = new ImageData(side, side);
  image.forEach((ink, i) => {
    const grey = Math.round(ink * 255);
    pixels.data.set([grey, grey, grey, 255], 4 * i);
  });
  easel.getContext("2d")?.putImageData(pixels, 0, 0);
  return easel.toDataURL();
}

/**
 * Show a reading in the place of the app's answer.
 * @param {Element} place
 * @param {Reading | null} reading
 * @param {Words} words
 * @param {string} broken  what of the network is
 */
export function show(place, reading, words, broken) {
  const [said, seen] = place.querySelectorAll(".answer > div");
  if (!said || !seen) return;
  said.innerHTML = inWords(reading, words) + (broken && `<small>Broken: ${broken}</small>`);
  const image = seen.querySelector("img");
  if (!reading) seen.replaceChildren();
  else if (image) image.src = asAddress(reading.image);
  else seen.innerHTML = filled(words.templates.seen, { image: asAddress(reading.image) });
  const bars = place.querySelector("[role=img]");
  if (bars) showBars(bars, reading, words);
}

/**
 * @param {Element} bars
 * @param {Pick<Reading, "probabilities" | "isDigit"> | null} reading
 * @param {Pick<Words, "accent" | "muted">} words
 */
export function showBars(bars, reading, { accent, muted }) {
  const cells = /** @type {NodeListOf<HTMLElement>} */ (bars.querySelectorAll(":scope > span"));
  const winner = reading?.isDigit ? winnerOf(reading.probabilities) : -1;
  for (let digit = 0; digit < cells.length / 3; digit++) {
    const share = reading?.probabilities[digit] ?? 0;
    const [name, track, value] = [0, 1, 2].map((i) => cells[3 * digit + i]);
    const bar = /** @type {HTMLElement} */ (track.firstElementChild);
    bar.style.width = `${(100 * share).toFixed(3)}%`;
    bar.style.background = digit === winner ? accent : muted;
    name.style.fontWeight = value.style.fontWeight = digit === winner ? "700" : "400";
    value.textContent = share >= 0.005 ? percent(share) : "";
  }
}

/**
 * Whether two networks read the same, in words, and the digits whose probabilities differ; as
 * pages/ui/draw/second.py.
 * @param {Float32Array | null} first
 * @param {Float32Array | null} second
 * @param {Both} words
 * @returns {{said: string, differing: number[]}}
 */
export function compared(first, second, { nothing, same, other, differ }) {
  if (!first || !second) return { said: nothing, differing: [] };
  const read = { first: winnerOf(first), second: winnerOf(second) };
  return {
    said: filled(read.first === read.second ? same : other, read),
    differing: [...first.keys()].filter((i) => Math.abs(first[i] - second[i]) >= differ),
  };
}

/**
 * Show what two networks read, side by side, in the place of what the app says of them.
 * @param {Element} place
 * @param {(Pick<Reading, "probabilities"> | null)[]} answers  theirs
 * @param {Words} words
 */
export function showBoth(place, answers, { accent, muted, both: words }) {
  const both = answers.map((answer) => answer?.probabilities ?? null);
  const { said, differing } = compared(both[0], both[1], words);
  const line = place.querySelector(".both > p");
  if (!line) return;
  line.textContent = said;
  for (const row of /** @type {NodeListOf<HTMLElement>} */ (
    place.querySelectorAll("[data-digit]")
  )) {
    const digit = Number(row.dataset.digit);
    const [, bar, value, otherBar, otherValue, mark] = row.children;
    [bar, otherBar].forEach((track, i) => {
      const shares = both[i];
      const share = shares?.[digit] ?? 0;
      const { style } = /** @type {HTMLElement} */ (track.firstElementChild);
      style.width = `${(100 * share).toFixed(3)}%`;
      style.background = shares && digit === winnerOf(shares) ? accent : muted;
      [value, otherValue][i].textContent = share >= 0.005 ? percent(share) : "";
    });
    mark.textContent = differing.includes(digit) ? words.mark : "";
  }
}
