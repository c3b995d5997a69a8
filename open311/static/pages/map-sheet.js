// What is said about a spot of the map: a sheet at the foot of a telephone, a panel in the corner of a wide map.
const MOST = 20;
const SPOT = 0.0001;

const made = (kind, properties, ...children) => {
  const element = Object.assign(document.createElement(kind), properties);
  element.append(...children);
  return element;
};

const cards = async (about, numbers) => {
  const address = new URL(about.cards, location.href);
  address.searchParams.set("service_request_id", numbers.slice(0, MOST).join(","));
  const answer = await fetch(address);
  const part = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const list = part && part.querySelector(".card") ? [...part.body.childNodes] : [];
  return list.length ? list : [made("p", { textContent: about.words.gone })];
};

const inTheList = (about, [long, lat]) => {
  const address = new URL(location.href);
  const edges = [long - SPOT, lat - SPOT, long + SPOT, lat + SPOT];
  address.searchParams.set("bbox", edges.map((edge) => edge.toFixed(5)).join(","));
  return made("a", { className: "kern-link", href: address, textContent: about.words.more });
};

const reportHere = (about, { lat, lng }) => {
  const address = new URL(about.report, location.href);
  address.searchParams.set("lat", lat.toFixed(6));
  address.searchParams.set("long", lng.toFixed(6));
  return made(
    "a",
    { className: "kern-btn kern-btn--primary", href: address },
    made("span", { className: "kern-label", textContent: about.words.report }),
  );
};

export const sheetOf = (map, about) => {
  const canvas = map.getCanvas();
  let close = () => {};
  let sheet = null;

  const show = (words, parts, closed) => {
    close();
    const heading = made("h2", { textContent: words, className: "sheet__title", id: "map-sheet" });
    const button = made("button", { type: "button", className: "sheet__close", textContent: "×" });
    button.setAttribute("aria-label", about.words.close);
    sheet = made("section", { className: "map__sheet" }, made("div", { className: "sheet__head" }, heading, button), ...parts);
    sheet.setAttribute("role", "dialog");
    sheet.setAttribute("aria-labelledby", heading.id);
    map.getContainer().append(sheet);
    const mine = sheet;
    close = () => {
      mine.remove();
      if (sheet === mine) sheet = null;
      close = () => {};
      closed();
    };
    const leave = () => {
      close();
      canvas.focus({ preventScroll: true });
    };
    button.addEventListener("click", leave);
    sheet.addEventListener("keydown", ({ key }) => key === "Escape" && leave());
    sheet.querySelector("a")?.focus({ preventScroll: true });
  };

  // What the sheet hides moves above it.
  const uncover = (where) => {
    const own = sheet?.getBoundingClientRect(), whole = map.getContainer().getBoundingClientRect();
    if (!own) return;
    const { x, y } = map.project(where);
    const hidden = x + whole.left < own.right && x + whole.left > own.left && y + whole.top > own.top - 32;
    if (hidden) map.panBy([0, y + whole.top - own.top + 48]);
  };

  let asked = 0;
  return {
    isOpen: () => Boolean(sheet),
    close: () => close(),
    reports: async (numbers, where, closed) => {
      const mine = ++asked;
      const parts = await cards(about, numbers).catch(() => [made("p", { textContent: about.words.gone })]);
      if (mine !== asked) return false;
      if (numbers.length > MOST) parts.push(inTheList(about, where));
      const words = numbers.length > 1 ? about.words.here.replace("{number}", numbers.length) : about.words.one;
      show(words, parts, closed);
      uncover(where);
      return true;
    },
    free: (where, closed) => {
      asked += 1;
      show(about.words.free, [reportHere(about, where)], closed);
      uncover(where);
    },
  };
};
