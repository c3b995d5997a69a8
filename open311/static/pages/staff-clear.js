// Whoever has signed out leaves nothing of the desk on this device.
import { clear } from "./field-store.js";

if (new URLSearchParams(location.search).get("done") === "signed_out") {
  await clear(document.querySelector("[data-clear]").dataset.clear);
  document.documentElement.dataset.cleared = "";
}
