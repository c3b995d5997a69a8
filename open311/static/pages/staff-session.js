// Warns before a session ends, and lets it go on by one press. Without this script the server keeps what was typed.

const box = document.querySelector("[data-ends-in]");

function say(words, button) {
  box.replaceChildren(document.createTextNode(words));
  if (!button) return;
  const stay = document.createElement("button");
  stay.type = "button";
  stay.className = "kern-btn kern-btn--secondary";
  const label = document.createElement("span");
  label.className = "kern-label";
  label.textContent = box.dataset.stay;
  stay.append(label);
  stay.addEventListener("click", goOn);
  box.append(stay);
}

async function goOn() {
  try {
    const answer = await fetch(box.dataset.address, { headers: { Accept: "application/json" }, redirect: "error" });
    const { ends_in: seconds } = await answer.json();
    say(box.dataset.stayed, false);
    wait(seconds);
  } catch {
    say(box.dataset.ended, false);
  }
}

let timers = [];

function wait(seconds) {
  timers.forEach(clearTimeout);
  const warn = Math.max(0, seconds - Number(box.dataset.warn));
  timers = [
    setTimeout(() => say(box.dataset.soon, true), warn * 1000),
    setTimeout(() => say(box.dataset.ended, false), seconds * 1000),
  ];
}

if (box) wait(Number(box.dataset.endsIn));
