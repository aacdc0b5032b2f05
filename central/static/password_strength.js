// Says while a password is typed how well it would do. A hint: nothing leaves the page, and the server alone decides.
"use strict";
(function () {
  const ROWS = ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv"];
  const COMMON = /password|passw0rd|iloveyou|welcome|admin|cardroom|dianfei|kaji/g;
  const FEWEST = 12;

  // A character that goes on with a run (abc, 321, aaa) adds nothing; nor does what is said a second time.
  function counted(text) {
    let count = 0;
    for (let at = 0; at < text.length; at += 1) {
      const step = at > 0 ? text.codePointAt(at) - text.codePointAt(at - 1) : 99;
      const before = at > 1 ? text.codePointAt(at - 1) - text.codePointAt(at - 2) : 98;
      const isRun = step === before && Math.abs(step) <= 1;
      const isAgain = at >= 4 && text.slice(0, at).includes(text.slice(at - 3, at + 1));
      if (!isRun && !isAgain) count += 1;
    }
    return count;
  }

  // Bits that a guesser has to find: of words less for each letter than of letters thrown together, of Chinese characters more.
  function bits(text) {
    const kinds = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((kind) => kind.test(text)).length;
    const each = /[^\x00-\xff]/.test(text) ? 6 : [2.6, 2.6, 3.2, 3.7, 4][kinds];
    return counted(text) * each;
  }

  function isGuessedFirst(text, name) {
    const plain = text.toLowerCase();
    const left = plain.replace(COMMON, "").replaceAll(name, "");
    return new Set(plain).size < 5 || left.length < 8 || counted(plain) < 6 || ROWS.some((row) => plain.includes(row.slice(0, 8)));
  }

  function judge(text, name) {
    if ([...text].length < FEWEST) return [1, "tooShort"];
    if (isGuessedFirst(text, name)) return [1, "guessed"];
    const worth = bits(text);
    return worth < 40 ? [2, "weak"] : worth < 48 ? [3, "fair"] : worth < 60 ? [4, "good"] : [5, "strong"];
  }

  for (const place of document.querySelectorAll("[data-strength]")) {
    const field = document.getElementById(place.dataset.strength);
    const name = place.dataset.name.toLowerCase();
    field.addEventListener("input", () => {
      const [value, word] = judge(field.value, name.length > 3 ? name : "\n");
      place.hidden = !field.value;
      place.querySelector("meter").value = value;
      place.querySelector("output").textContent = place.dataset[word];
    });
  }
})();
