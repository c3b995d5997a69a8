// Reports that wait on this device, in IndexedDB: for pages and the service worker alike.
import { storeOf } from "./device-store.js";

const NAME = "open311-reports";
const channel = "BroadcastChannel" in self ? new BroadcastChannel(NAME) : null;
const watchers = [];
const within = storeOf(NAME, "entries");

const announce = () => {
  for (const watcher of watchers) watcher();
  channel?.postMessage("changed");
};

// Be called when anything that waits has changed, here or in another tab.
export const watch = (act) => {
  watchers.push(act);
  channel?.addEventListener("message", act);
};

export const all = () => within("readonly", (store) => store.getAll());

export const find = (id) => within("readonly", (store) => store.get(id));

export const put = async (entry) => {
  await within("readwrite", (store) => store.put(entry));
  announce();
};

export const remove = async (id) => {
  await within("readwrite", (store) => store.delete(id));
  announce();
};

// What was discarded meanwhile stays discarded.
export const change = async (id, values) => {
  await within("readwrite", (store) => {
    const found = store.get(id);
    found.onsuccess = () => found.result && store.put({ ...found.result, ...values });
    return found;
  });
  announce();
};
