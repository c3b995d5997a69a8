// Single keys as shortcuts, unless somebody has switched them off: never in a field, never with Ctrl, Alt or Meta.
// Which key belongs to what stands in the page, as `data-key`; "g c" is two keys, one after the other.
const TYPED_IN = "textarea, select, [contenteditable], input:not([type=radio], [type=checkbox], [type=submit])";
const PATIENCE = 1500;

const help = document.querySelector("[data-shortcuts]");
const targets = () => [...document.querySelectorAll("[data-key]")].filter((element) => element.checkVisibility());

const into = (details) => {
  details.open = true;
  details.querySelector("textarea, select, input:not([type=hidden])")?.focus();
};

const act = (element) => {
  if (element.matches("[type=radio]")) {
    element.checked = true;
    element.dispatchEvent(new Event("change", { bubbles: true }));
    element.focus();
  } else if (element.matches("[type=checkbox]")) {
    element.click();
    element.focus();
  } else if (element.matches("summary")) into(element.parentElement);
  else if (element.matches("a, button")) element.click();
  else element.focus();
};

const rowOf = (element) => element.closest("tr") ?? element;
// The lines of a list, and the one in whose row the focus is.
const list = () => {
  const lines = [...document.querySelectorAll("[data-line]")];
  return [lines, lines.findIndex((line) => rowOf(line).contains(document.activeElement))];
};

// Down and up a list: the focus goes from line to line, and Enter opens.
const step = (by) => {
  const [lines, at] = list();
  if (!lines.length) return false;
  const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : Math.min(Math.max(at + by, 0), lines.length - 1);
  lines[next].focus();
  return true;
};

// Ticks the line with the focus, or takes the tick off; with Shift all from the last one that was ticked to here.
let lastTicked = 0;
const tick = (toHere) => {
  const [lines, at] = list();
  const boxes = lines.map((line) => rowOf(line).querySelector("input[type=checkbox]"));
  if (at < 0 || !boxes[at]) return false;
  if (!toHere) boxes[at].checked = !boxes[at].checked;
  else {
    const [from, to] = [lastTicked, at].sort((one, other) => one - other);
    for (const box of boxes.slice(from, to + 1)) if (box) box.checked = true;
  }
  lastTicked = at;
  return true;
};

const run = (keys) => {
  if (keys === "?") return help.showModal() ?? true;
  if (keys === "/") {
    const field = document.querySelector("main [type=search]");
    field?.focus();
    return Boolean(field);
  }
  if (keys === "j" && step(1)) return true;
  if (keys === "k" && step(-1)) return true;
  if ((keys === "x" || keys === "X") && tick(keys === "X")) return true;
  // Of several boxes with one key, the next that is not ticked.
  const ticked = ({ type, checked }) => type === "checkbox" && checked;
  const element = targets().find((target) => target.dataset.key === keys && !ticked(target));
  if (element) act(element);
  return Boolean(element);
};

// Out of a field, so that the next key is one of these again.
const leave = ({ target }) => target.matches(TYPED_IN) && target.blur();

const listen = () => {
  let first = "";
  let timer;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
    if (event.key === "Escape") return leave(event);
    if (event.key.length > 1 || event.target.matches(TYPED_IN) || document.querySelector("dialog[open]")) return;
    clearTimeout(timer);
    const keys = first ? `${first} ${event.key}` : event.key;
    const begins = !first && targets().some(({ dataset }) => dataset.key.startsWith(`${event.key} `));
    first = begins ? event.key : "";
    if (begins) timer = setTimeout(() => (first = ""), PATIENCE);
    else if (run(keys)) event.preventDefault();
  });
};

// Sends the form that one is in, from any field, whether single keys are on or not.
document.addEventListener("keydown", (event) => {
  const { target, key, ctrlKey, metaKey, defaultPrevented } = event;
  if (key !== "Enter" || !(ctrlKey || metaKey) || defaultPrevented || !target.form) return;
  event.preventDefault();
  target.form.requestSubmit(target.form.querySelector("[type=submit]"));
});

for (const button of document.querySelectorAll("[data-shortcuts-open]")) {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
}
if ("keys" in document.body.dataset) listen();
