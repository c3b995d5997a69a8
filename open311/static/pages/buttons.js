// Buttons for what only scripts can do: they are made here, so that a page without scripts shows none.
export const LINK = "link-button";
export const SECONDARY = "kern-btn kern-btn--secondary";

export const button = (words, kind, act, more = {}) => {
  const element = Object.assign(document.createElement("button"), { type: "button", className: kind, ...more });
  if (kind === LINK) element.textContent = words;
  else element.append(Object.assign(document.createElement("span"), { className: "kern-label", textContent: words }));
  if (act) element.addEventListener("click", act);
  return element;
};
