// Warns before a session ends, and lets it go on by one press. Without this script the server keeps what was typed.
import { SECONDARY, button } from "./buttons.js";

const box = document.querySelector("[data-ends-in]");
let timers = [];

const say = (words, ...more) => box.replaceChildren(words, ...more);

const wait = (seconds) => {
  timers.forEach(clearTimeout);
  const warn = Math.max(0, seconds - Number(box.dataset.warn));
  timers = [
    setTimeout(() => say(box.dataset.soon, button(box.dataset.stay, SECONDARY, goOn)), warn * 1000),
    setTimeout(() => say(box.dataset.ended), seconds * 1000),
  ];
};

const goOn = async () => {
  try {
    const answer = await fetch(box.dataset.address, { headers: { Accept: "application/json" }, redirect: "error" });
    const { ends_in: seconds } = await answer.json();
    say(box.dataset.stayed);
    wait(seconds);
  } catch {
    say(box.dataset.ended);
  }
};

if (box) wait(Number(box.dataset.endsIn));
