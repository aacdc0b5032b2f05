// The page of a warden's round: marks each room as soon as it is said, counts, shows what is left, fills in the room of a report.
// Without it every button is still a form's; offline.js keeps and sends what is said.
"use strict";
(function () {
  const walk = document.getElementById("walk"), say = document.getElementById("say"), end = document.getElementById("end");
  const round = walk.elements.round.value, left = document.getElementById("walk-left"), begin = document.getElementById("begin");
  const STRENGTH = { "": 0, "no-access": 1, "in-order": 2, found: 3 };
  const seen = (room) => STRENGTH[room.dataset.state] > 1;
  const rooms = [...walk.querySelectorAll("li")];

  function draw() {
    for (const room of rooms) {
      const words = { "in-order": walk.dataset.inOrder, found: walk.dataset.found, "no-access": walk.dataset.noAccess };
      room.querySelector("i").textContent = words[room.dataset.state] ?? "";
    }
    for (const floor of walk.querySelectorAll(".walk-floor")) {
      floor.querySelector(".seen").textContent = [...floor.querySelectorAll("li")].filter(seen).length;
    }
    document.getElementById("walk-seen").textContent = rooms.filter(seen).length;
  }

  document.addEventListener("offline:entry", ({ detail }) => {
    const said = Object.fromEntries(detail.entry.fields.filter((field) => !field.bytes).map((field) => [field.name, field.value]));
    if (said.round !== round) return;
    if (begin) begin.hidden = true;
    const path = new URL(detail.entry.url, location).pathname;
    if (path === new URL(end.action).pathname) {
      document.getElementById("walk-ended").hidden = detail.state === "refused";
      end.hidden = detail.state !== "refused";
    }
    const room = document.getElementById(`r${said.ok ?? said.room}`);
    if (!room) return;
    mark(room, said.ok ? "in-order" : said.outcome, detail);
    if (detail.state === "sent" && said.what === "cable" && detail.next) {
      const reported = document.getElementById("reported");
      reported.className = "note good";
      reported.replaceChildren(Object.assign(document.createElement("a"), { href: detail.next, textContent: `${room.querySelector("b").textContent}: ${reported.dataset.word}` }));
    }
  });

  // A refused entry says nothing of its room, unless another one does.
  function mark(room, outcome, { state }) {
    if (state === "refused") room.dataset.state = room.dataset.before ?? "";
    else if (STRENGTH[outcome] > STRENGTH[room.dataset.state]) {
      room.dataset.before ??= room.dataset.state;
      room.dataset.state = outcome;
    }
    room.toggleAttribute("data-waits", state === "waiting");
    draw();
  }

  walk.addEventListener("click", (event) => {
    const link = event.target.closest('a[href="#say"]');
    if (!link) return;
    say.elements.room.value = link.closest("li").id.slice(1);
    say.elements.outcome[0].focus();
  });

  // What the server would refuse is asked for while the form is before the warden's eyes, not in a line at the page's top.
  function ask() {
    const found = say.elements.outcome.value === "found";
    say.elements.what.required = found;
    say.elements.text.required = !found;
  }
  say.addEventListener("change", ask);
  say.addEventListener("reset", () => setTimeout(ask));
  ask();

  left.hidden = false;
  left.addEventListener("click", () => {
    const only = walk.classList.toggle("only-left");
    left.setAttribute("aria-pressed", String(only));
  });
  draw();
})();
