// The page of printed papers' words: draws the paper again while one types. Without this script the button does it.
"use strict";

(() => {
  const form = document.querySelector("[data-paper-form]");
  if (!form || !window.fetch) return;
  const status = document.querySelector("[data-paper-status]");
  const quiet = status.textContent;
  const PAUSE = 500; // milliseconds without a key before drawing
  let waiting;
  let latest = 0;

  const tell = (problems) => {
    for (const place of form.querySelectorAll("[data-problem]")) {
      const problem = problems[place.dataset.problem] || "";
      place.textContent = problem;
      const field = form.elements[place.dataset.problem];
      if (problem) field.setAttribute("aria-invalid", "true");
      else field.removeAttribute("aria-invalid");
    }
  };

  const draw = async () => {
    const mine = ++latest;
    const typed = new FormData(form);
    typed.set("do", "preview");
    status.textContent = status.dataset.working;
    const answer = await fetch(form.action, { method: "POST", body: typed, headers: { Accept: "application/json" } });
    const said = await answer.json();
    if (mine !== latest) return;
    const problems = {};
    for (const entry of (said.error && said.error.fields) || []) problems[entry.field] = entry.message;
    tell(problems);
    status.textContent = answer.ok ? quiet : (said.error && said.error.message) || status.dataset.failed;
    if (!answer.ok) return;
    const pictures = [...document.querySelectorAll("[data-paper-page]")];
    while (pictures.length < said.pages) {
      const next = pictures[0].cloneNode();
      pictures[pictures.length - 1].after(next);
      pictures.push(next);
    }
    pictures.forEach((picture, index) => {
      picture.hidden = index >= said.pages;
      if (picture.hidden) return;
      const address = new URL(picture.src);
      address.searchParams.set("page", String(index + 1));
      address.searchParams.set("drawn", String(mine)); // another address, so that it is fetched again
      picture.src = address;
    });
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => draw().catch(() => { status.textContent = status.dataset.failed; }), PAUSE);
  });
})();
