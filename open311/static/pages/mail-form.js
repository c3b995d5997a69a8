// A form that stands alone: what is typed is kept in this tab, and the proof of work is done meanwhile.
import { prove } from "./form-proof.js";
import { keepTyped } from "./form-typed.js";

const form = document.querySelector("form.step");

if (form) {
  keepTyped(form);
  prove(form);
}
