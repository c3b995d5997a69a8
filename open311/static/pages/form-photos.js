// Photos as they are chosen: made smaller, shown at once, and the place they know of offered before anything is sent.
import { LINK, SECONDARY, button } from "./buttons.js";
import { placeOf } from "./photo-place.js";
import { reduced } from "./photo-reduce.js";
import { setPosition } from "./form-place.js";

const PATIENCE = 15000;
const MEGABYTE = 1_000_000;

const preview = (file, words) => {
  const picture = Object.assign(document.createElement("img"), { alt: words, width: 120, height: 120 });
  picture.src = URL.createObjectURL(file);
  const forget = () => URL.revokeObjectURL(picture.src);
  picture.addEventListener("load", forget, { once: true });
  // A format that this browser cannot draw is sent all the same.
  picture.addEventListener("error", () => picture.replaceWith(`${words}: ${file.name}`), { once: true });
  return picture;
};

// The place of a photo: into the field where there is one, else by a button that sends it with the step.
const offer = (form, field, status, place) => {
  const { usePlace, placeUsed } = field.dataset;
  const figures = [place.lat.toFixed(6), place.long.toFixed(6)];
  const asStep = { type: "submit", name: "action", value: `take:${figures.join("|")}` };
  const take = () => {
    setPosition(form, ...figures);
    status.textContent = placeUsed;
  };
  status.append(form.elements.lat ? button(usePlace, SECONDARY, take) : button(usePlace, SECONDARY, null, asStep));
};

const isPlaced = (form, field) => Boolean(form.elements.lat ? form.elements.lat.value : field.dataset.placed);

const isForServer = (file) => /hei[cf]/i.test(`${file.type} ${file.name}`);

class Chosen {
  constructor(form, chooser) {
    this.form = form;
    this.chooser = chooser;
    this.field = chooser.closest("fieldset");
    this.status = form.querySelector("[data-photo-status]");
    this.list = form.querySelector("[data-previews]");
    // The list above says what was chosen, better than the browser's own words.
    chooser.closest(".file").classList.add("file--button");
    this.files = [...chooser.files];
    this.work = Promise.resolve();
    this.busy = 0;
    this.show();
  }

  // One after the other: a telephone has memory for one large photo, hardly for five.
  take(files) {
    this.busy += 1;
    this.work = this.work.then(() => this.add(files)).finally(() => (this.busy -= 1));
  }

  async add(files) {
    const room = Math.max(0, Number(this.field.dataset.most) - this.files.length);
    this.status.textContent = files.length ? this.field.dataset.preparing : "";
    let place = null;
    for (const file of files.slice(0, room)) {
      // Where a HEIC was taken only the server can read, and only from the whole file.
      const whole = isForServer(file) && !isPlaced(this.form, this.field);
      place ??= isPlaced(this.form, this.field) ? null : await placeOf(file);
      this.files.push(whole ? file : await reduced(file));
    }
    this.status.textContent = files.length > room ? this.field.dataset.tooMany : "";
    this.give();
    if (place) offer(this.form, this.field, this.status, place);
  }

  // Into the field itself, so that whoever sends the form finds them there.
  give() {
    try {
      const carrier = new DataTransfer();
      for (const file of this.files) carrier.items.add(file);
      this.chooser.files = carrier.files;
    } catch {
      this.files = [...this.chooser.files];
    }
    this.show();
  }

  remove(at) {
    this.files.splice(at, 1);
    this.status.textContent = "";
    this.give();
    (this.list.querySelectorAll("button")[at] ?? this.chooser).focus();
  }

  show() {
    const { before, remove } = this.field.dataset;
    const item = (file, at) => {
      const number = Number(before) + at + 1;
      const element = document.createElement("li");
      const away = button(remove.replace("{number}", number), LINK, () => this.remove(at));
      element.append(preview(file, this.form.dataset.photoWords.replace("{number}", number)), away);
      return element;
    };
    this.list.replaceChildren(...this.files.map(item));
  }

  get size() {
    const whole = this.files.reduce((sum, file) => sum + file.size, 0) / MEGABYTE;
    return whole.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  }
}

export const previews = (form) => {
  const chooser = form.querySelector("#photos");
  if (!chooser) return;
  const chosen = new Chosen(form, chooser);
  // With scripts the photos go along with the rest of the step.
  form.querySelector("[data-upload]").hidden = true;
  chooser.addEventListener("change", () => chosen.take([...chooser.files]));
  form.addEventListener(
    "submit",
    async (event) => {
      if (chosen.busy) {
        event.preventDefault();
        event.stopImmediatePropagation();
        const by = event.submitter;
        await Promise.race([chosen.work, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
        chosen.busy = 0;
        form.requestSubmit(by);
      } else if (chosen.files.length) {
        // Afterwards, since the button that was pressed may stand there, and is sent only as long as it does.
        setTimeout(() => (chosen.status.textContent = chosen.field.dataset.sending.replace("{size}", chosen.size)));
      }
    },
    true,
  );
  addEventListener("pageshow", ({ persisted }) => persisted && chosen.status.replaceChildren());
};
