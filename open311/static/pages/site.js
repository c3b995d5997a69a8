// Comfort for those with scripts: share, copy and print a report. Everything works without.
const say = (text) => {
  const status = document.querySelector("[data-status]");
  if (status) status.textContent = text;
};

const reveal = (selector, usable, act) => {
  for (const button of document.querySelectorAll(selector)) {
    if (!usable) continue;
    button.hidden = false;
    button.addEventListener("click", () => act(button));
  }
};

const permanent = () => document.querySelector(".share__link")?.href ?? location.href;

reveal("[data-share]", Boolean(navigator.share), () => {
  navigator.share({ title: document.title, url: permanent() }).catch(() => {});
});
reveal("[data-copy]", Boolean(navigator.clipboard), async (button) => {
  await navigator.clipboard.writeText(permanent());
  say(button.dataset.done);
});
reveal("[data-print]", true, () => print());
