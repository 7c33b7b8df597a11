// IndexedDB: what the chat keeps on the device.
let database, site;

export const use = (id) => (site = id);

function open() {
  database ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(`nearside-${site}`, 2);
    request.onupgradeneeded = ({ oldVersion }) => {
      if (oldVersion < 1) {
        request.result.createObjectStore('kept');
        request.result.createObjectStore('outbox', { autoIncrement: true });
      }
      request.result.createObjectStore('receipt', { autoIncrement: true });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return database;
}

// Runs `act` on the object store `name`; gives what its request gave, once the transaction is done.
export async function store(name, mode, act) {
  const transaction = (await open()).transaction(name, mode);
  const request = act(transaction.objectStore(name));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
}
