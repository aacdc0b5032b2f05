// What was typed on this phone and not yet taken by the server: kept in IndexedDB, sent in order, gone only when the server took it.
// Knows no page; offline.js joins it to forms. An entry: {id, owner, owner_name, url, page, about, uuid, at_ms, fields, state, errors, tries}.
"use strict";
window.offlineQueue = (function () {
  const STORE = "entries", PATIENCE_MS = 60_000, PASSING = [408, 429, 502, 503, 504], MOST_TRIES = 6;

  const opened = new Promise((resolve, reject) => {
    const asked = indexedDB.open("cardroom", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE, { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
  opened.catch(() => undefined);

  // Give what a request in one transaction yielded, once it is on the disk.
  async function within(mode, act) {
    const database = await opened;
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(STORE, mode, { durability: "strict" });
      const asked = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => resolve(asked && asked.result);
      transaction.onabort = transaction.onerror = () => reject(transaction.error);
    });
  }
  const all = () => within("readonly", (store) => store.getAll());
  const take = (id) => within("readwrite", (store) => store.delete(id));
  const change = (entry) => within("readwrite", (store) => store.put(entry));
  // The entry that a new one mends goes in the same transaction.
  const keep = (entry, mends) =>
    within("readwrite", (store) => {
      if (mends) store.delete(mends);
      return store.add({ ...entry, state: "waiting", errors: [], tries: 0 });
    });

  // Who is signed in at the server, and a token of that session: with another person's session the token is refused.
  async function ready(address) {
    try {
      const answer = await fetch(address, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS / 4) });
      if (answer.type === "opaqueredirect") return { signedOut: true };
      return answer.ok ? await answer.json() : null;
    } catch {
      return null;
    }
  }

  function body(entry, token) {
    const form = new FormData();
    form.append("csrfmiddlewaretoken", token);
    for (const field of entry.fields) {
      if (field.bytes) form.append(field.name, new Blob([field.bytes], { type: field.type }), field.file);
      else form.append(field.name, field.value);
    }
    form.append("sent_ms", String(Date.now()));
    return form;
  }

  async function post(entry, token) {
    const sent = { method: "POST", body: body(entry, token), redirect: "manual", headers: { Accept: "application/json" } };
    try {
      return await fetch(entry.url, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) });
    } catch {
      return null;
    }
  }

  async function said(answer) {
    try {
      return await answer.json();
    } catch {
      return {};
    }
  }

  // Send one entry: "sent", "refused", "again" (with a fresh token), or "stop" when the others must wait, too. What the server can't
  // take several times over is put aside as refused: it holds up nothing, and can be sent again by hand.
  async function sendOne(entry, token, tell) {
    const answer = await post(entry, token);
    if (answer === null || answer.type === "opaqueredirect") return "stop";
    const word = await said(answer);
    if (answer.ok && word.kept === true) {
      await take(entry.id);
      tell({ state: "sent", entry, next: word.next });
      return "sent";
    }
    if (PASSING.includes(answer.status)) return "stop";
    entry.tries += 1;
    if ((answer.status >= 500 || answer.status === 403 || answer.ok) && entry.tries < MOST_TRIES) {
      await change(entry);
      return answer.status === 403 ? "again" : "stop";
    }
    Object.assign(entry, { state: "refused", errors: word.errors ?? [], status: answer.status });
    await change(entry);
    tell({ state: "refused", entry });
    return "refused";
  }

  // Send what waits. Gives why it ended: "done", "no-network", "signed-out", "someone-else", "stopped".
  async function send(address, tell) {
    const locked = navigator.locks ? (act) => navigator.locks.request("cardroom-send", act) : (act) => act();
    return locked(async () => {
      for (;;) {
        const waiting = (await all()).filter((entry) => entry.state === "waiting");
        if (!waiting.length) return "done";
        const here = await ready(address);
        if (here === null) return "no-network";
        if (here.signedOut) return "signed-out";
        const own = waiting.filter((entry) => entry.owner === here.reader);
        if (!own.length) return "someone-else";
        // One at a time with a token just fetched: somebody else may sign in between two of them.
        if ((await sendOne(own[0], here.token, tell)) === "stop") return "stopped";
      }
    });
  }

  return { all, keep, take, change, send, ready };
})();
