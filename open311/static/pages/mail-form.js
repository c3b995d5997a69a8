// A form that asks for a mail: the proof of work while the reader types.
import { prove } from "./form-proof.js";

const form = document.querySelector("form.step");

if (form) prove(form);
