// Boxes drawn on photos by pointer and by keyboard, beside their number fields, which do without this script.
import { SECONDARY, button } from "./buttons.js";

const STEP = 1;
const LEAST = 1;

const limited = (value, least, most) => Math.min(Math.max(value, least), most);

export const redaction = (photo) => {
  const frame = photo.querySelector("[data-frame]");
  const list = photo.querySelector("[data-boxes]");
  const words = list.dataset;
  const boxes = [];
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const fields = (row) => [...row.querySelectorAll("input")];
  const typed = rows().map((row) => fields(row).map(({ value }) => value));

  // One empty row is left for a box that is typed.
  const write = () => {
    while (rows().length <= boxes.length) list.append(rows().at(-1).cloneNode(true));
    for (const surplus of rows().slice(boxes.length + 1)) surplus.remove();
    for (const [index, row] of rows().entries()) {
      row.setAttribute("aria-label", words.name.replace("{number}", index + 1));
      for (const [side, field] of fields(row).entries()) field.value = boxes[index]?.at[side].toFixed(2) ?? "";
    }
  };
  const place = ({ at: [left, top, width, height], element }, index) => {
    Object.assign(element.style, { left: `${left}%`, top: `${top}%`, width: `${width}%`, height: `${height}%` });
    element.setAttribute("aria-label", `${words.name.replace("{number}", index + 1)}. ${words.keys}`);
  };
  const draw = () => {
    boxes.forEach(place);
    write();
  };
  const take = (box) => {
    boxes.splice(boxes.indexOf(box), 1);
    box.element.remove();
    draw();
  };
  const remove = (box) => {
    take(box);
    (boxes.at(-1)?.element ?? add).focus();
  };
  const change = (box, [left, top, width, height]) => {
    const wide = limited(width, LEAST, 100);
    const high = limited(height, LEAST, 100);
    box.at = [limited(left, 0, 100 - wide), limited(top, 0, 100 - high), wide, high];
    draw();
  };
  const keys = (box) => (event) => {
    const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] }[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      remove(box);
    } else if (by) {
      event.preventDefault();
      const [left, top, width, height] = box.at;
      const [x, y] = by;
      change(box, event.shiftKey ? [left, top, width + x, height + y] : [left + x, top + y, width, height]);
    }
  };
  const create = (at) => {
    const element = Object.assign(document.createElement("button"), { type: "button", className: "box" });
    const box = { at, element };
    element.addEventListener("keydown", keys(box));
    boxes.push(box);
    frame.append(element);
    draw();
    return box;
  };

  const where = (event) => {
    const { left, top, width, height } = frame.getBoundingClientRect();
    return [((event.clientX - left) / width) * 100, ((event.clientY - top) / height) * 100];
  };
  frame.addEventListener("pointerdown", (event) => {
    const known = boxes.find(({ element }) => element === event.target);
    const [x, y] = where(event);
    const box = known ?? create([x, y, LEAST, LEAST]);
    const [left, top, width, height] = box.at;
    const move = (moved) => {
      const [toX, toY] = where(moved);
      const dragged = [left + toX - x, top + toY - y, width, height];
      const drawn = [Math.min(x, toX), Math.min(y, toY), Math.abs(toX - x), Math.abs(toY - y)];
      change(box, known ? dragged : drawn);
    };
    frame.setPointerCapture(event.pointerId);
    frame.addEventListener("pointermove", move);
    const end = () => {
      frame.removeEventListener("pointermove", move);
      box.element.focus();
    };
    frame.addEventListener("pointerup", end, { once: true });
    frame.addEventListener("pointercancel", end, { once: true });
    event.preventDefault();
  });

  const add = button(words.add, SECONDARY, () => create([40, 40, 20, 10]).element.focus());
  add.dataset.key = "b";
  photo.querySelector("[data-boxes-tools]").append(add);
  const isWhole = (sides) => sides.every((side) => side.trim() !== "" && Number.isFinite(Number(side)));
  for (const sides of typed.filter(isWhole)) create(sides.map(Number));
  list.addEventListener("change", ({ target }) => {
    const index = rows().indexOf(target.closest("[data-row]"));
    const sides = fields(rows()[index]).map(({ value }) => value);
    const box = boxes[index];
    if (isWhole(sides)) change(box ?? create(sides.map(Number)), sides.map(Number));
    else if (box && sides.every((side) => side === "")) take(box);
  });
};

// What is offered is dashed until its box is ticked; a click on it ticks.
export const offers = (photo) => {
  for (const part of photo.querySelectorAll("[data-offer]")) {
    const field = document.getElementById(part.dataset.offer);
    const show = () => part.classList.toggle("taken", field.checked);
    field.addEventListener("change", show);
    part.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      field.click();
    });
    show();
  }
};
