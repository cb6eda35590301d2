/* Ticks all dossiers of a list at once; each can be ticked without. */
"use strict";
for (const all of document.querySelectorAll("[data-select-all]")) {
  all.closest("label").hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll("input[name=dossier]")) box.checked = all.checked;
  });
}
