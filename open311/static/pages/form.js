// Comfort for the report form. Every step works without: this only saves typing and round trips.
import { narrow } from "./form-category.js";
import { conditions } from "./form-questions.js";
import { locate, offerMap, suggest } from "./form-place.js";
import { putInWords } from "./form-position.js";
import { previews } from "./form-photos.js";
import { prove } from "./form-proof.js";
import { keepTyped } from "./form-typed.js";

const form = document.querySelector("form.step");

// Whoever comes by a link to a field that is wrong begins there; without one the summary has the focus.
const field = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
(field || document.getElementById("wrong"))?.focus();

if (form) {
  const placed = keepTyped(form);
  suggest(form);
  locate(form);
  putInWords(form);
  offerMap(form);
  narrow(form);
  conditions(form);
  previews(form);
  prove(form);
  if (placed) form.dispatchEvent(new CustomEvent("position"));
}
