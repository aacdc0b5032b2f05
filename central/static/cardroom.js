// What a plain form cannot do: short cuts, printing, saying that the server is silent. No page needs this file to work.
"use strict";
(function () {
  const typing = (element) => /^(INPUT|SELECT|TEXTAREA)$/.test(element.tagName) || element.isContentEditable;

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
