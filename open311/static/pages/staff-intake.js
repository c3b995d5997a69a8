// Taking in a report: what follows from the words is fetched while they are typed, and Enter leads from field to field.
import { conditions } from "./form-questions.js";
import { offerMap } from "./form-place.js";

const PAUSE = 250;
const LOOKED_AT = ["about", "address", "phone"];
const form = document.querySelector("[data-intake]");

const part = (root, name) => root.querySelector(`[data-part="${name}"]`);

const service = (root) => root.querySelector("[name=service_code]:checked")?.value ?? "";

const put = (fragment) => {
  const focused = document.activeElement?.id;
  const sameQuestions = service(form) === service(fragment) && part(form, "questions").children.length > 1;
  for (const fresh of fragment.querySelectorAll("[data-part]")) {
    const old = part(form, fresh.dataset.part);
    // What is typed into an answer meanwhile must stay.
    if (old === null || (fresh.dataset.part === "questions" && sameQuestions)) continue;
    if (old.outerHTML !== fresh.outerHTML) old.replaceWith(document.importNode(fresh, true));
  }
  if (!sameQuestions) conditions(form);
  if (focused && document.activeElement?.id !== focused) document.getElementById(focused)?.focus();
};

const watch = () => {
  let waiting;
  let last = 0;
  let going = Promise.resolve();
  const status = form.querySelector("[data-status]");

  const look = async () => {
    const mine = ++last;
    const sent = new FormData(form);
    sent.delete("media");
    sent.set("action", "look");
    try {
      // The buttons are called `action`, so the property of that name is theirs.
      const answer = await fetch(form.getAttribute("action"), { method: "POST", body: sent, headers: { "X-Fragment": "1" }, redirect: "error" });
      if (!answer.ok || mine !== last) return;
      const fragment = new DOMParser().parseFromString(await answer.text(), "text/html");
      const line = part(fragment, "status");
      if (!line || mine !== last) return;
      if (line.dataset.action !== form.getAttribute("action")) {
        form.setAttribute("action", line.dataset.action);
        history.replaceState(null, "", line.dataset.action);
      }
      put(fragment);
      status.textContent = line.textContent;
    } catch {
      // Without an answer everything is found when the form is sent.
    }
  };
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(now, PAUSE);
  };
  const now = () => {
    clearTimeout(waiting);
    // One after the other: the first begins the draft that the others are kept in.
    going = going.then(look);
    return going;
  };

  form.addEventListener("input", ({ target }) => {
    if (LOOKED_AT.includes(target.name)) soon();
  });
  form.addEventListener("change", ({ target }) => {
    if (["radio", "select-one"].includes(target.type) && target.name !== "channel") now();
  });
  form.addEventListener("position", () => {
    for (const choice of form.querySelectorAll("[name=choice]")) choice.checked = false;
    now();
  });
  return now;
};

const lead = (now) => {
  const save = form.querySelector("[data-save]");
  form.addEventListener("keydown", async (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    const { target } = event;
    const ready = event.ctrlKey || event.metaKey;
    // With Ctrl it saves from wherever one is, also from the button that would join another report.
    if (target.tagName !== "INPUT" && !ready) return;
    event.preventDefault();
    // Whoever types on must not type into the wrong field.
    if (target.name === "about" && !ready) form.elements.address.focus();
    // Nothing is stored before its place and its neighbours were seen.
    await now();
    if (target.name === "address" && !ready) (form.querySelector("[data-join]") ?? form.elements.description).focus();
    else if (target.name !== "about" || ready) save.click();
  });
};

if (form) {
  // Who is joined with a report is asked for one thing, and has touched no key for it.
  if (document.getElementById("joining")) form.elements.email.focus();
  if (part(form, "places")) {
    form.querySelector("[data-look]").hidden = true;
    conditions(form);
    offerMap(form);
    lead(watch());
  }
}
