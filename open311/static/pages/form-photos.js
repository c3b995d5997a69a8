// Photos as they are chosen: a preview at once, and the place they know of, offered before anything is sent.
import { placeOf } from "./photo-place.js";
import { setPosition } from "./form-place.js";

const preview = (file, number, words) => {
  const picture = document.createElement("img");
  picture.src = URL.createObjectURL(file);
  picture.alt = words.replace("{number}", number);
  picture.addEventListener("load", () => URL.revokeObjectURL(picture.src), { once: true });
  // A format that this browser cannot draw is sent all the same.
  picture.addEventListener("error", () => picture.closest("li")?.remove(), { once: true });
  const item = document.createElement("li");
  item.append(picture);
  return item;
};

const offer = async (form, files, told) => {
  if (!form.elements.lat || form.elements.lat.value) return;
  for (const file of files) {
    const place = await placeOf(file);
    if (!place) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "kern-btn kern-btn--secondary";
    button.innerHTML = '<span class="kern-label"></span>';
    button.firstChild.textContent = form.dataset.usePhotoPlace;
    button.addEventListener("click", () => {
      setPosition(form, place.lat.toFixed(6), place.long.toFixed(6));
      told.textContent = form.dataset.photoPlaceUsed;
    });
    told.replaceChildren(button);
    return;
  }
};

export const previews = (form) => {
  const chosen = form.querySelector("#photos");
  const list = form.querySelector("[data-previews]");
  if (!chosen || !list) return;
  const told = form.querySelector("[data-photo-told]");
  // With scripts the photos go along with the rest of the step.
  form.querySelector("[data-upload]").hidden = true;
  chosen.addEventListener("change", () => {
    const files = [...chosen.files];
    list.replaceChildren(...files.map((file, at) => preview(file, at + 1, form.dataset.photoWords)));
    offer(form, files, told);
  });
};
