// What is typed outlives a reload and a way back: kept in this tab alone, until it is sent.
const NEVER = ["hidden", "file", "password", "submit", "button", "reset"];
// What the map and the device have entered.
const PLACE = ["lat", "long", "placed"];

const kept = (form) =>
  [...form.elements].filter(({ name, type }) => name && (PLACE.includes(name) || !NEVER.includes(type)));
const isCheck = ({ type }) => type === "radio" || type === "checkbox";
const values = (form) => kept(form).map((field) => (isCheck(field) ? field.checked : field.value));

// Says whether a place was put back.
export const keepTyped = (form) => {
  const name = `typed ${location.pathname}`;
  const before = JSON.stringify(values(form));
  let last = null;
  try {
    last = JSON.parse(sessionStorage.getItem(name));
  } catch {
    // A browser that keeps nothing does without.
  }
  // The page may know more by now than when this was typed.
  const again = last?.before === before;
  if (again) {
    kept(form).forEach((field, at) => {
      if (isCheck(field)) field.checked = last.now[at];
      else field.value = last.now[at];
    });
  }
  const keep = () => {
    try {
      sessionStorage.setItem(name, JSON.stringify({ before, now: values(form) }));
    } catch {
      // As above.
    }
  };
  for (const kind of ["input", "change", "position"]) form.addEventListener(kind, keep);
  form.addEventListener("submit", () => {
    try {
      sessionStorage.removeItem(name);
    } catch {
      // As above.
    }
  });
  return again && Boolean(form.elements.lat?.value);
};
