// Records that stay on this device, in IndexedDB: one store a database, for pages and service workers alike.
const open = (name, store) =>
  new Promise((resolve, reject) => {
    const asked = indexedDB.open(name, 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(store, { keyPath: "id" });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });

// What `act` asks of the store, once it is kept for good; closed each time, or nobody could delete the database.
export const storeOf = (name, store) => async (mode, act) => {
  const database = await open(name, store);
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(store, mode);
      const asked = act(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(asked.result);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
};
