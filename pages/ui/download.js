// Hands a file to the browser once, and says that it has arrived.
//
// The data are one line of JSON (id, name, type) and the file's content.

const NEWLINE = 10;
const done = new Set(); // ids of files that were handed over: a redraw brings them again

export default function ({ data, setTriggerValue }) {
  const end = data.indexOf(NEWLINE);
  const { id, name, type } = JSON.parse(new TextDecoder().decode(data.subarray(0, end)));
  if (!done.has(id)) {
    done.add(id);
    const address = URL.createObjectURL(new Blob([data.subarray(end + 1)], { type }));
    const link = Object.assign(document.createElement("a"), { href: address, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000); // when the browser has read it
  }
  setTriggerValue("arrived", id);
}
