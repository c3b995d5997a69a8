// Sends what waits on this device: once, whoever asks, from a page or in the background.
import { all, change, find } from "./offline-store.js";
import { solve } from "./solve.js";

export const TAG = "open311-reports";
const LONGEST = 180_000;
const PAUSE = 60;

// All tabs and the service worker take turns; where a browser cannot, the server still counts one word as one report.
export const alone = (act) => (navigator.locks ? navigator.locks.request(TAG, act) : act());

class Later extends Error {
  constructor(response) {
    super(`later: ${response.status}`);
    this.seconds = Number(response.headers.get("Retry-After")) || PAUSE;
  }
}

const post = async (address, form) => {
  const response = await fetch(address, { method: "POST", body: form, signal: AbortSignal.timeout?.(LONGEST) });
  if (response.status >= 500 || [408, 429].includes(response.status)) throw new Later(response);
  return response;
};

const handIn = async (entry) => {
  const form = new FormData();
  for (const [name, value] of entry.fields) form.append(name, value);
  for (const [number, photo] of entry.photos.entries()) form.append("media", photo, `${number + 1}`);
  form.set("word", entry.id);
  form.set("asked", entry.asked);
  form.set("changeset", entry.changeset);
  const response = await post(entry.door, form);
  if (response.ok) return response.json();
  return { outcome: "look", wrong: [{ field: "photos", words: entry.refused }] };
};

const press = async ({ address, challenge }) => {
  const form = new FormData();
  form.set("action", "send");
  // Asked for only now: a challenge has to be fresh.
  if (challenge && self.isSecureContext) form.set("altcha", await solve(challenge));
  const response = await post(address, form);
  if (!new URL(response.url).pathname.endsWith("/sent")) throw new Later(response);
  return response.url;
};

const send = async (id) => {
  const entry = await find(id);
  if (entry?.state !== "ready") return;
  const answer = await handIn(entry);
  if (answer.outcome === "look") {
    await change(id, { state: "look", wrong: answer.wrong });
    return;
  }
  const address = answer.outcome === "sent" ? answer.address : await press(answer);
  // Of what was sent nothing stays here but the way to it.
  await change(id, { state: "sent", address, sent: Date.now(), fields: [], photos: [], said: [], wrong: [] });
};

// Rejects while something has to wait on: then the browser asks again.
export const sendAll = ({ atOnce = false } = {}) =>
  alone(async () => {
    let failed = null;
    for (const { id, state, notBefore = 0 } of await all()) {
      if (state !== "ready" || (!atOnce && notBefore > Date.now())) continue;
      try {
        await send(id);
      } catch (problem) {
        failed = problem;
        if (problem instanceof Later) await change(id, { notBefore: Date.now() + problem.seconds * 1000 });
      }
    }
    if (failed) throw failed;
  });
