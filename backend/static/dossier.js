/* What makes the dossier pages quicker for those whose browser runs scripts; everything works without. */
"use strict";

/* The seconds left to take something back. */
for (const form of document.querySelectorAll("form.undo[data-left]")) {
  const shown = form.querySelector("[data-count]");
  const ends = performance.now() + 1000 * Number(form.dataset.left);
  const tick = () => {
    const left = Math.ceil((ends - performance.now()) / 1000);
    if (left <= 0) {
      for (const gone of form.querySelectorAll("button, [data-while]")) gone.remove();
      return;
    }
    shown.textContent = " (" + left + ")";
    setTimeout(tick, 250);
  };
  tick();
}

/* After a refusal: to what was wrong. */
const wrong = document.querySelector("[aria-invalid=true]") || document.getElementById("wrong");
if (wrong) wrong.focus();

/* All required papers are there: the usual case, in one press. */
for (const button of document.querySelectorAll("[data-all-present]")) {
  button.closest(".all-present").hidden = false;
  button.addEventListener("click", () => {
    for (const radio of button.form.querySelectorAll("[data-required] input[value=present]")) radio.checked = true;
    for (const radio of button.form.querySelectorAll(".paper:not([data-required]) input[value=unchecked]:checked")) {
      radio.closest(".choices").querySelector("input[value=not_needed]").checked = true;
    }
  });
}

/* Fields that only matter for one choice of another: data-when="filed_via=post". */
for (const part of document.querySelectorAll("[data-when]")) {
  const [name, value] = part.dataset.when.split("=");
  const choice = document.getElementsByName(name)[0];
  const show = () => { part.hidden = choice.value !== value; };
  choice.addEventListener("change", show);
  show();
}

/* A form sent twice is sent once; one with unsaved papers asks before the page goes. */
let changed = false;
const papers = document.querySelector("#checklist, #new");
for (const form of document.querySelectorAll("main form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
    if (form === papers) changed = false;
  });
}
if (papers) papers.addEventListener("change", () => { changed = true; });
window.addEventListener("beforeunload", (event) => { if (changed) event.preventDefault(); });
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});
