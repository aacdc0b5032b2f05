// Served at /losses/worker.js: keeps pages that ask for it (a meta "keep-offline") and their looks on the phone of who is signed in.
// A page is asked from the server first; without an answer the copy is shown, stamped with the time it was kept. What a form sends,
// photographs and all other pages never pass through here. Copies are named after their reader; cardroom.js removes those of others.
"use strict";
const PAGES = "cardroom-pages-", LOOKS = "cardroom-looks", PATIENCE_MS = 6000, OLDEST_MS = 24 * 3600 * 1000;
const KEEP = '<meta name="keep-offline" content="yes">', READER = /<meta name="reader" content="(\w+)">/;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  const { page, looks } = event.data;
  event.waitUntil(Promise.all([fetch(page).then((answer) => keepPage(page, answer)), keepLooks(looks)]).catch(() => undefined));
});
self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.pathname.startsWith("/static/")) event.respondWith(look(event));
});

async function page(event) {
  const copy = await keptPage(event.request.url);
  const asked = fetch(event.request);
  event.waitUntil(asked.then((answer) => keepPage(event.request.url, answer.clone())).catch(() => undefined));
  try {
    const answer = copy ? await Promise.race([asked, impatience()]) : await asked;
    return copy && answer.status >= 500 ? copy : answer;
  } catch {
    return copy ?? nothingKept();
  }
}

const impatience = () => new Promise((_resolve, reject) => setTimeout(() => reject(new Error("no answer")), PATIENCE_MS));

async function keptPage(url) {
  for (const name of await caches.keys()) {
    if (!name.startsWith(PAGES)) continue;
    const cache = await caches.open(name), copy = await cache.match(url);
    if (copy && Date.now() - Number(copy.headers.get("X-Kept-Ms")) < OLDEST_MS) return copy;
    if (copy) await cache.delete(url);
  }
  return null;
}

async function keepPage(url, answer) {
  if ([403, 404, 410].includes(answer.status)) return forget(url);
  if (!answer.ok || answer.redirected || !(answer.headers.get("Content-Type") ?? "").startsWith("text/html")) return;
  const text = await answer.text(), reader = READER.exec(text);
  if (!reader) return;
  if (!text.includes(KEEP)) return forget(url);
  const now = String(Date.now()), headers = new Headers(answer.headers);
  headers.delete("Content-Encoding");
  headers.delete("Content-Length");
  headers.set("X-Kept-Ms", now);
  const copy = new Response(text.replace(KEEP, KEEP.replace("yes", now)), { headers });
  await (await caches.open(PAGES + reader[1])).put(url, copy);
}

// What this reader may no longer see, or what came to hold what no phone keeps, must not stand here as it was before.
async function forget(url) {
  for (const name of (await caches.keys()).filter((name) => name.startsWith(PAGES))) await (await caches.open(name)).delete(url);
}

async function keepLooks(urls) {
  const cache = await caches.open(LOOKS);
  await Promise.all(urls.map((url) => cache.add(url)));
}

async function look(event) {
  const cache = await caches.open(LOOKS);
  try {
    const answer = await Promise.race([fetch(event.request), impatience()]);
    if (answer.ok) event.waitUntil(cache.put(event.request, answer.clone()));
    return answer;
  } catch {
    return (await cache.match(event.request)) ?? Response.error();
  }
}

// The one page that no server can write; so it speaks both languages.
async function nothingKept() {
  const links = [];
  for (const name of (await caches.keys()).filter((name) => name.startsWith(PAGES))) {
    for (const kept of await (await caches.open(name)).keys()) {
      const text = await (await caches.match(kept)).text(), title = /<title>([^<]*)<\/title>/.exec(text);
      links.push(`<li><a href="${kept.url.replaceAll('"', "%22")}">${title ? title[1] : kept.url}</a></li>`);
    }
  }
  const body = `<!doctype html><html lang="zh-hans"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>没有网络 · No network</title><link rel="stylesheet" href="/static/cardroom.css"></head><body><main id="main">
<h1>没有网络，本页没有存在手机上</h1><p lang="en">No network, and this page is not kept on this phone.</p>
${links.length ? `<p>手机上存有：<span lang="en">Kept on this phone:</span></p><ul>${links.join("")}</ul>` : ""}
<p>已填写、未发送的内容仍在手机上。<span lang="en">What was typed and not sent is still on this phone.</span></p></main></body></html>`;
  const headers = { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'self'" };
  return new Response(body, { status: 503, headers });
}
