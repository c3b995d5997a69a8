// What was said in the field and waits to be sent, and the round that was taken along: on this device alone.
export const NAME = "open311-field";
export const TAKEN = "X-Taken";
export const LASTS = 12 * 60 * 60 * 1000;
const STORE = "actions";

const open = () =>
  new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

const within = async (mode, act) => {
  const database = await open();
  return new Promise((resolve, reject) => {
    const transaction = database.transaction(STORE, mode);
    const asked = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => {
      database.close();
      resolve(asked.result);
    };
    transaction.onabort = () => reject(transaction.error);
  });
};

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
