// Reports that were sent from this device: their numbers, kept here alone until they are removed.
import { LINK, button } from "./buttons.js";

const NAME = "own reports";
const MOST = 50;

const read = () => {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? [];
  } catch {
    return [];
  }
};
const write = (reports) => {
  try {
    if (reports.length) localStorage.setItem(NAME, JSON.stringify(reports.slice(0, MOST)));
    else localStorage.removeItem(NAME);
  } catch {
    // A browser that keeps nothing does without.
  }
};

export const remember = (sent) => {
  const { number, words, href } = sent.dataset;
  write([{ number, words, href }, ...read().filter((report) => report.href !== href)]);
};

export const show = (section) => {
  const list = section.querySelector("ul"), about = section.dataset;
  // Of this city alone, where there are several.
  const mine = () => read().filter(({ href }) => href.startsWith(about.root));
  const draw = () => {
    section.hidden = !mine().length;
    list.replaceChildren(
      ...mine().map((report) => {
        const link = Object.assign(document.createElement("a"), { className: "kern-link", href: report.href, textContent: report.words });
        const remove = button(about.remove, LINK, () => {
          write(read().filter(({ href }) => href !== report.href));
          draw();
          (list.querySelector("button") ?? document.getElementById("content")).focus();
        });
        remove.setAttribute("aria-label", `${about.remove}: ${report.words}`);
        const item = document.createElement("li");
        item.append(link, " ", remove);
        return item;
      }),
    );
  };
  draw();
};

const sent = document.querySelector("[data-own-report]");
if (sent) remember(sent);
const section = document.querySelector("[data-own-reports]");
if (section) show(section);
