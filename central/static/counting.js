// Counting with a reader: each label is kept on this phone until the server has it, and sent again by itself.
// Without this file the form sends one label at a time.
"use strict";
(function () {
  const form = document.querySelector("form[data-counting]");
  if (!form) return;
  const label = form.querySelector("[name=label]");
  const place = form.querySelector("[name=place]");
  const waits = document.getElementById("counting-waits");
  const stopped = document.getElementById("counting-stopped");
  const key = `cardroom-counting-${form.dataset.counting}`;
  const RETRY_MS = 3000;
  let sending = false;

  const queue = () => JSON.parse(window.localStorage.getItem(key) || "[]");
  const keep = (rows) => window.localStorage.setItem(key, JSON.stringify(rows));
  const newId = () => Array.from(window.crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16).padStart(2, "0")).join("");

  function show(isLate) {
    const count = queue().length;
    waits.querySelector("[data-counting-count]").textContent = count;
    waits.hidden = !(isLate && count);
  }

  async function post(row) {
    const body = new FormData(form);
    for (const name of ["scan", "place", "label"]) body.set(name, row[name]);
    return window.fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" }, redirect: "manual" });
  }

  async function send() {
    if (sending) return;
    sending = true;
    try {
      for (let rows = queue(); rows.length; rows = queue()) {
        const answer = await post(rows[0]);
        if (answer.status >= 500) throw new Error("the server failed");
        if (answer.status !== 200 || answer.headers.has("HX-Redirect")) {
          stopped.hidden = false;
          return;
        }
        document.getElementById("counted").innerHTML = await answer.text();
        keep(queue().slice(1));
        show(false);
      }
      stopped.hidden = true;
    } catch (_error) {
      show(true);
      window.setTimeout(send, RETRY_MS);
    } finally {
      sending = false;
    }
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = label.value.trim();
    label.value = "";
    label.focus();
    if (!text) return;
    keep([...queue(), { scan: newId(), place: place.value, label: text }]);
    send();
  });
  window.addEventListener("online", send);
  send();
})();
