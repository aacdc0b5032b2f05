// Forms that work without a network: <form data-offline data-id-field="step">. What is sent is first kept on this phone
// (offline_queue.js), then sent, and sent again until the server took it. Its words come from the server, as data of this script.
// A form with data-stay goes on with the next entry; others follow the server's answer. Pages listen to "offline:entry" on document.
"use strict";
(function () {
  const words = document.currentScript.dataset, queue = window.offlineQueue;
  const meta = document.querySelector('meta[name="keep-offline"]');
  const reader = document.querySelector('meta[name="reader"]').content;
  const kept_ms = Number(meta && meta.content) || 0;
  const KEEP_AFTER_MS = 2000, RELEASE_MS = 8000, SHORTEST_MS = 5000, LONGEST_MS = 120_000, WIDEST = 1600, QUALITY = 0.8, SMALL_BYTES = 400_000;
  let wait_ms = SHORTEST_MS, timer = 0, why = "", running = null, sentBehind = 0, keeping = 0;

  const make = (tag, text, name) => Object.assign(document.createElement(tag), { textContent: text ?? "", className: name ?? "" });
  const when = (ms) => new Date(ms).toLocaleString(document.documentElement.lang, { dateStyle: "short", timeStyle: "short" });
  const tell = (detail) => document.dispatchEvent(new CustomEvent("offline:entry", { detail }));
  const value = (entry, name) => (entry.fields.find((field) => field.name === name) ?? {}).value ?? "";

  // The worker, and this page in its hands: the first visit came before it, and what was sent since must be on its copy.
  function keepPage(worker = navigator.serviceWorker?.controller) {
    if (!worker || !meta) return;
    const looks = [...document.querySelectorAll('link[rel="stylesheet"], link[rel="icon"], script[src]')];
    worker.postMessage({ page: location.href.split("#")[0], looks: looks.map((look) => look.href || look.src) });
  }
  if ("serviceWorker" in navigator && meta && !kept_ms) {
    navigator.serviceWorker.register(words.worker).catch(() => undefined);
    navigator.serviceWorker.ready.then((registration) => keepPage(registration.active));
  }

  // ---- what waits, at the top of the page ----
  const strip = make("div", "", "strip stale no-print"), line = make("div", "", "strip-in");
  strip.id = "offline-strip";
  strip.setAttribute("role", "status");
  strip.hidden = true;
  strip.append(line);
  document.getElementById("main").before(strip);
  const refused = make("div", "", "notes offline-refused no-print");
  document.getElementById("main").prepend(refused);

  async function show() {
    const entries = await queue.all(), waiting = entries.filter((entry) => entry.state === "waiting");
    const own = waiting.filter((entry) => entry.owner === reader), others = entries.filter((entry) => entry.owner !== reader);
    line.replaceChildren();
    if (kept_ms && why === "no-network") line.append(make("span", words.asOf.replace("#t", when(kept_ms))));
    if (kept_ms && why !== "no-network") line.append(make("span", words.old.replace("#t", when(kept_ms))));
    if (sentBehind) line.append(make("span", words.sent.replace("#n", sentBehind)));
    if (sentBehind || (kept_ms && why !== "no-network")) line.append(link(words.reload, location.href));
    if (own.length) line.append(make("strong", words.waiting.replace("#n", own.length)));
    if (why === "signed-out" && (own.length || kept_ms)) line.append(link(words.signIn, words.signInAddress + encodeURIComponent(location.pathname + location.search)));
    if (others.length) line.append(make("span", words.others.replace("#n", others.length)));
    strip.dataset.waiting = own.length;
    strip.hidden = !line.childNodes.length;
    const mine = entries.filter((entry) => entry.state === "refused" && entry.owner === reader);
    refused.replaceChildren(...mine.filter((entry) => !document.querySelector(`form[data-mends="${entry.id}"]`)).map(refusedNote));
  }

  const link = (text, href) => Object.assign(make("a", text), { href });
  const reasons = (entry) => (entry.errors.length ? entry.errors : [words.broken.replace("#s", entry.status ?? "?")]);

  function refusedNote(entry) {
    const note = make("div", "", "note bad"), inside = make("div"), buttons = make("p", "", "row");
    const photos = entry.fields.filter((field) => field.bytes).length, form = formOf(entry);
    inside.append(make("strong", `${words.refused} ${entry.about} · ${when(entry.at_ms)}`));
    inside.append(...reasons(entry).map((error) => make("p", error)), ...typed(entry).map((text) => make("p", `“${text}”`)));
    if (photos) inside.append(make("p", words.photos.replace("#n", photos)));
    buttons.append(button(words.again, () => queue.change({ ...entry, state: "waiting", tries: 0 }).then(go)));
    if (form) buttons.append(button(words.mend, () => mend(form, entry)));
    else if (entry.page !== location.href.split("#")[0]) buttons.append(link(words.there, entry.page));
    buttons.append(button(words.away, () => window.confirm(words.sure) && queue.take(entry.id).then(show)));
    inside.append(buttons);
    note.append(inside);
    return note;
  }

  function button(text, act) {
    const made = Object.assign(make("button", text, "button small"), { type: "button" });
    made.addEventListener("click", act);
    return made;
  }

  const formOf = (entry) => [...document.querySelectorAll("form[data-offline]")].find((form) => form.action === new URL(entry.url, location).href && same(form, entry));
  const said = (entry, name, value) => entry.fields.some((field) => field.name === name && field.value === value);
  const isOurs = (form, name) => ["csrfmiddlewaretoken", "at_ms", form.dataset.idField].includes(name);
  // Forms of one address differ by their hidden fields, such as the act.
  const same = (form, entry) =>
    [...form.elements].every((field) => field.type !== "hidden" || isOurs(form, field.name) || said(entry, field.name, field.value)) &&
    entry.typed.every((name) => form.elements[name]);
  const typed = (entry) => entry.typed.map((name) => value(entry, name)).filter(Boolean);

  // Put a refused entry back into its form, photographs too.
  function mend(form, entry) {
    for (const target of form.elements) {
      if (["checkbox", "radio"].includes(target.type)) target.checked = said(entry, target.name, target.value);
      else if (target.type === "file") target.files = filesOf(entry, target.name);
      else if (target.matches("input:not([type=hidden]), select, textarea")) target.value = value(entry, target.name);
    }
    form.dataset.mends = entry.id;
    complain(form, reasons(entry));
    show();
  }

  function filesOf(entry, name) {
    const files = new DataTransfer();
    for (const field of entry.fields.filter((field) => field.bytes && field.name === name)) files.items.add(new File([field.bytes], field.file, { type: field.type }));
    return files.files;
  }

  function complain(form, errors, kind) {
    form.querySelector(".offline-said")?.remove();
    if (!errors.length) return;
    const said = make("div", "", `offline-said note ${kind ?? "bad"}`), inside = make("div");
    said.setAttribute("role", kind ? "status" : "alert");
    inside.append(...errors.map((error) => make("p", error)));
    said.append(inside);
    form.prepend(said);
    said.scrollIntoView({ block: "nearest" });
  }

  // ---- sending a form ----
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-offline]") || event.defaultPrevented || form.dataset.plain) return;
    event.preventDefault();
    if (form.dataset.busy) return;
    form.dataset.busy = "yes";
    const sent = new FormData(form, event.submitter), at_ms = Date.now();
    submit(form, sent, at_ms, event.submitter?.getAttribute("aria-label"))
      .catch(() => plainly(form, event.submitter))
      .finally(() => delete form.dataset.busy);
  });

  async function submit(form, sent, at_ms, about) {
    const uuid = newUuid();
    sent.set(form.dataset.idField, uuid);
    sent.set("at_ms", String(at_ms));
    sent.delete("csrfmiddlewaretoken");
    const fields = (await Promise.all([...sent].map(([name, given]) => asField(name, given)))).filter(Boolean);
    const texts = [...form.elements].filter((field) => field.matches("textarea, input[type=text], input:not([type])"));
    const entry = { owner: reader, url: form.action, page: location.href.split("#")[0], about: about ?? form.dataset.about ?? document.querySelector("h1").textContent.trim(),
      uuid, at_ms, fields, typed: texts.map((field) => field.name) };
    const id = await queue.keep(entry, Number(form.dataset.mends) || 0);
    navigator.storage?.persist?.();
    tell({ state: "waiting", entry });
    if ("stay" in form.dataset) return onward(form);
    const outcome = await Promise.race([outcomeOf(id), new Promise((resolve) => setTimeout(resolve, RELEASE_MS, { state: "waiting" }))]);
    done(form, id, outcome);
  }

  // Without a place to keep it, the form goes as any other.
  function plainly(form, submitter) {
    form.dataset.plain = "yes";
    form.requestSubmit(submitter);
    delete form.dataset.plain;
  }

  async function outcomeOf(id) {
    let outcome = { state: "waiting" };
    const heard = ({ detail }) => detail.entry.id === id && (outcome = detail);
    document.addEventListener("offline:entry", heard);
    const joined = running !== null;
    await go();
    if (joined && outcome.state === "waiting") await go();
    document.removeEventListener("offline:entry", heard);
    return outcome;
  }
  // What is sent behind the page changes nothing on it: unless the page marks it by itself, it is said at its top.
  document.addEventListener("offline:entry", ({ detail }) => {
    if (detail.state !== "sent") return;
    if (!document.querySelector("form[data-stay]")) sentBehind += 1;
    clearTimeout(keeping);
    keeping = setTimeout(keepPage, KEEP_AFTER_MS);
  });

  function done(form, id, outcome) {
    if (outcome.state === "refused") {
      form.dataset.mends = id;
      complain(form, reasons(outcome.entry));
    } else {
      delete form.dataset.mends;
      if (outcome.state === "sent" && outcome.next) {
        keepPage();
        return location.assign(outcome.next);
      }
      form.reset();
      complain(form, outcome.state === "sent" ? [] : [words.kept], "info");
    }
    show();
  }

  // The page stays for the next entry, and waits for nothing.
  function onward(form) {
    delete form.dataset.mends;
    complain(form, []);
    form.reset();
    show();
    go();
  }

  async function asField(name, given) {
    if (typeof given === "string") return { name, value: given };
    if (!given.size) return null;
    const photo = given.type.startsWith("image/") ? await smaller(given) : given;
    return { name, bytes: await photo.arrayBuffer(), type: photo.type, file: given.name };
  }

  async function smaller(photo) {
    try {
      const picture = await createImageBitmap(photo, { imageOrientation: "from-image" });
      const scale = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
      if (scale === 1 && photo.size < SMALL_BYTES) return photo;
      const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY))) ?? photo;
    } catch {
      return photo; // What is no picture the server refuses in words.
    }
  }

  // crypto.randomUUID is there only over HTTPS.
  function newUuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  // ---- when to send ----
  function go() {
    running ??= queue.send(words.ready, tell).then(async (ended) => {
      running = null;
      why = ended;
      await show();
      clearTimeout(timer);
      if (ended === "done") wait_ms = SHORTEST_MS;
      else timer = setTimeout(go, (wait_ms = Math.min(wait_ms * 2, LONGEST_MS)));
    });
    return running;
  }

  async function begin() {
    const entries = await queue.all();
    for (const entry of entries.filter((entry) => entry.owner === reader)) tell({ state: entry.state, entry });
    if (kept_ms && (await queue.ready(words.ready)) === null) why = "no-network";
    await show();
    if (entries.some((entry) => entry.state === "waiting")) go();
  }
  window.addEventListener("online", () => {
    wait_ms = SHORTEST_MS;
    go();
  });
  document.addEventListener("visibilitychange", () => document.hidden || go());
  // After the page's own scripts, which listen.
  document.addEventListener("DOMContentLoaded", () => begin().catch(() => undefined));
})();
