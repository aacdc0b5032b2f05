// Readings by hand on a phone: what the server asks is asked here first, without network. The rules are hand_reading.py's.
"use strict";
(function () {
  const list = document.getElementById("reading-words");
  if (!list) return;
  const words = list.dataset;

  // Give watt-hours, or the name of what is wrong.
  function read(text) {
    const figure = text.normalize("NFKC").replace("。", ".").trim();
    if (/[\s,'_]/.test(figure)) return "separators";
    const parts = /^(\d{1,20})(?:\.(\d{0,2}))?$/.exec(figure);
    return parts ? Number(parts[1]) * 1000 + Number((parts[2] || "").padEnd(2, "0")) * 10 : "figure";
  }

  function doubt(form, wh) {
    if (form.dataset.last === undefined) return "";
    const last = Number(form.dataset.last), use = wh - last;
    const most = form.dataset.most === undefined ? Infinity : Number(form.dataset.most);
    if (use < 0) return [1e8, 1e9].some((end) => last < end && use + end <= most) ? "rolled-over" : "below-last";
    if (use > most) return "above-usual";
    return use === 0 && Number(form.dataset.least || 0) > 20000 ? "unmoved" : "";
  }

  const named = (name) => words[name.replace(/-(.)/g, (_all, letter) => letter.toUpperCase())];

  function say(form, lines) {
    const place = form.querySelector("[data-said]");
    place.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    place.setAttribute("role", "alert");
  }

  // What this phone keeps or has sent stands in its meter's row, also after the page was loaded anew without network.
  document.addEventListener("offline:entry", ({ detail }) => {
    if (!words[detail.state]) return;
    const given = (name) => (detail.entry.fields.find((field) => field.name === name) || {}).value || "";
    for (const form of list.querySelectorAll("form")) {
      if (form.elements.meter.value !== given("meter") || form.action !== new URL(detail.entry.url, location).href) continue;
      const now = form.parentElement.querySelector("[data-now]");
      now.hidden = false;
      now.dataset.now = detail.state;
      now.textContent = `${given("reading") || given("found_meter") || form.elements.unreadable.querySelector(`[value="${CSS.escape(given("unreadable"))}"]`).textContent} · ${words[detail.state]}`;
      delete form.dataset.asked;
      form.querySelector("[data-said]").replaceChildren();
    }
  });

  // One look at a floor keeps them all: where the meters are, there is no network.
  if ("serviceWorker" in navigator && navigator.onLine) {
    navigator.serviceWorker.ready.then((worker) => {
      for (const floor of document.querySelectorAll("#floors a:not([aria-current])")) worker.active.postMessage({ page: floor.href, looks: [] });
    });
  }

  // Before anything else hears of it: a figure that is none stays here; a doubt is asked once, then it goes as it is.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-reading")) return;
    const field = form.elements.reading;
    if (!field.value.trim()) return;
    const wh = read(field.value);
    const name = typeof wh === "string" ? wh : doubt(form, wh);
    const asked = typeof wh === "number" && (form.elements.words.value.trim() || form.dataset.asked === field.value);
    if (!name || asked) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (typeof wh === "string") {
      say(form, [named(name)]);
      field.focus();
      return;
    }
    form.dataset.asked = field.value;
    say(form, [named(name), words.again]);
    form.querySelector("details").open = true;
    form.elements.words.focus();
  }, true);
})();
