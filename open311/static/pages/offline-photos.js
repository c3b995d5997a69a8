// Photos of a report that is written without a connection: made smaller, kept, shown, removed, asked for their place.
import { LINK, SECONDARY, button } from "./buttons.js";
import { placeOf } from "./photo-place.js";
import { reduced } from "./photo-reduce.js";
import { setPosition } from "./form-place.js";

const offer = (form, status, place) => {
  const take = () => {
    setPosition(form, place.lat.toFixed(6), place.long.toFixed(6));
    status.textContent = form.dataset.photoPlaceUsed;
  };
  status.replaceChildren(button(form.dataset.usePhotoPlace, SECONDARY, take));
};

export class Photos {
  constructor(form, changed) {
    this.form = form;
    this.changed = changed;
    this.list = form.querySelector("[data-photos]");
    this.status = form.querySelector("[data-photo-status]");
    this.all = [];
    const chooser = form.querySelector("#photos");
    chooser.addEventListener("change", async () => {
      await this.add([...chooser.files]);
      chooser.value = "";
    });
  }

  async add(files) {
    const room = Number(this.form.dataset.most) - this.all.length;
    this.status.textContent = files.length > room ? this.form.dataset.errorPhotos : "";
    for (const file of files.slice(0, Math.max(room, 0))) {
      const place = this.form.elements.lat.value ? null : await placeOf(file);
      const smaller = await reduced(file);
      // A copy: the file itself may be gone when there is a connection again.
      this.all.push(new Blob([await smaller.arrayBuffer()], { type: smaller.type }));
      if (place) offer(this.form, this.status, place);
    }
    this.show(this.all);
    this.changed();
  }

  remove(photo) {
    this.show(this.all.filter((other) => other !== photo));
    this.form.querySelector("#photos").focus();
    this.changed();
  }

  show(photos) {
    this.all = photos;
    this.list.replaceChildren(...photos.map((photo, at) => this.item(photo, at + 1)));
  }

  item(photo, number) {
    const { photoWords, photoRemove } = this.form.dataset;
    const picture = Object.assign(document.createElement("img"), { width: 120, height: 120 });
    picture.src = URL.createObjectURL(photo);
    picture.alt = photoWords.replace("{number}", number);
    picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
    // A format that this browser cannot draw is kept and sent all the same.
    picture.addEventListener("error", () => picture.replaceWith(picture.alt), { once: true });
    const item = document.createElement("li");
    item.append(picture, button(photoRemove.replace("{number}", number), LINK, () => this.remove(photo)));
    return item;
  }
}
