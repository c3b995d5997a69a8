// What was said in the field and waits to be sent, and the round that was taken along: on this device alone.
import { storeOf } from "./device-store.js";

export const NAME = "open311-field";
export const TAKEN = "X-Taken";
export const LASTS = 12 * 60 * 60 * 1000;
const within = storeOf(NAME, "actions");

export const all = async () => (await within("readonly", (store) => store.getAll())).sort((a, b) => a.at - b.at);

export const put = (entry) => within("readwrite", (store) => store.put(entry));

export const remove = (id) => within("readwrite", (store) => store.delete(id));

// Everything of the field goes from this device.
export const clear = async (scope) => {
  await caches.delete(NAME);
  await new Promise((resolve) => {
    const asked = indexedDB.deleteDatabase(NAME);
    asked.onsuccess = asked.onerror = asked.onblocked = resolve;
  });
  const registered = await navigator.serviceWorker?.getRegistration(scope);
  if (registered?.scope === new URL(scope, location).href) await registered.unregister();
};
