// What a plain form cannot do: short cuts, printing, saying that the server is silent. No page needs this file to work.
"use strict";
(function () {
  const typing = (element) => /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) || element.isContentEditable;

  const begins = () => document.querySelector("input[autofocus], textarea[autofocus]");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const search = document.getElementById("find");
    const keyed = !typing(event.target) && !event.repeat && document.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (keyed) {
      event.preventDefault();
      keyed.click();
      return;
    }
    if (event.key === "/" && search && !typing(event.target)) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key.length === 1 && event.key !== " " && event.target === document.body && begins()) {
      begins().focus(); // the character lands there: a quick hand, or a reader of labels, types before the page has put the cursor
    } else if (event.key === "Escape") {
      const back = document.querySelector("[data-escape]");
      if (back) back.click();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      walkHits(event);
    }
  });

  // Arrow keys walk from the search box through the rooms found.
  function walkHits(event) {
    const stops = [document.getElementById("find"), ...document.querySelectorAll(".hits a")].filter(Boolean);
    const here = stops.indexOf(document.activeElement);
    if (here < 0 || stops.length < 2) return;
    event.preventDefault();
    stops[Math.max(0, Math.min(stops.length - 1, here + (event.key === "ArrowDown" ? 1 : -1)))].focus();
  }

  // A form that came back begins where something is wrong, unless the page says where to begin.
  const wrong = !document.querySelector("[autofocus]") && document.querySelector("main [aria-invalid=true]");
  if (wrong) wrong.focus();

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) window.print();
  });
  for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;

  // Copying needs no clipboard permission this way, and works without HTTPS inside the house.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = document.getElementById(button.dataset.copy);
    text.select();
    if (document.execCommand("copy")) button.textContent = button.dataset.copied;
  });
  for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;

  // What is typed hidden can be shown; it is hidden again before it goes, or the browser would offer it as any other word.
  for (const button of document.querySelectorAll("[data-show]")) {
    const fields = button.dataset.show.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
    const words = [button.textContent, button.dataset.hideWords];
    const turn = (shown) => {
      for (const field of fields) field.type = shown ? "text" : "password";
      button.textContent = words[Number(shown)];
      button.setAttribute("aria-pressed", String(shown));
    };
    button.addEventListener("click", () => turn(fields[0].type === "password"));
    fields[0].form.addEventListener("submit", () => turn(false));
    button.hidden = false;
  }

  // The sum of a count while it is typed. What is booked is the server's own sum.
  for (const count of document.querySelectorAll("[data-count]")) {
    const add = () => {
      let fen = 0;
      for (const piece of count.querySelectorAll("[data-piece]")) fen += Number(piece.dataset.piece) * (parseInt(piece.value, 10) || 0);
      count.querySelector("[data-count-sum]").textContent = (fen / 100).toFixed(2);
    };
    count.querySelector("[data-count-line]").hidden = false;
    count.addEventListener("input", add);
    add();
  }

  // A form that must not go twice while the first answer is under way. The server would refuse the second one anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.hasAttribute("data-once") || form.hasAttribute("hx-post")) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
  });

  // Pages kept on this phone (offline_worker.js) are for who is signed in: those of anyone else go, and all of them with a sign-out.
  const leave = async (reader) => {
    for (const name of await window.caches.keys()) {
      if (name.startsWith("cardroom-pages-") && name !== `cardroom-pages-${reader}`) await window.caches.delete(name);
    }
  };
  const reader = document.querySelector('meta[name="reader"]');
  if ("caches" in window && reader) {
    leave(reader.content);
    document.addEventListener("submit", (event) => event.target.matches("[data-leave]") && leave(""));
  }

  // Figures that refresh themselves must say so when they no longer do; a payment without an answer must say what to do.
  const show = (id, on) => {
    const element = document.getElementById(id);
    if (element && element.hidden === on) element.hidden = !on;
  };
  const silent = (event) => show(event.detail.elt.matches("form[data-once]") ? "no-answer" : "stale", true);
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) document.body.addEventListener(name, silent);
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (event.detail.xhr.status < 400) show("stale", false);
  });
})();
