/* Photos and scans of a dossier, large: zoom, next and previous, by mouse and by keyboard. Without it, links open them. */
"use strict";

const viewer = document.getElementById("viewer");
const links = [...document.querySelectorAll("[data-viewer] a")].filter((a) => /\.(jpe?g|png|webp|pdf)$/i.test(a.dataset.name));

if (viewer && viewer.showModal && links.length) {
  const stage = viewer.querySelector(".stage");
  const title = viewer.querySelector("h2");
  const zooms = ["fit", "whole", "double", "triple"];
  let at = 0;
  let zoom = 0;

  const show = (index) => {
    at = (index + links.length) % links.length;
    const link = links[at];
    const isPdf = /\.pdf$/i.test(link.dataset.name);
    const shown = document.createElement(isPdf ? "iframe" : "img");
    shown.src = link.href;
    if (isPdf) shown.title = link.dataset.name;
    else shown.alt = link.dataset.name;
    title.textContent = link.closest("[data-viewer]").dataset.viewer + " (" + (at + 1) + "/" + links.length + ")";
    stage.replaceChildren(shown);
    zoomTo(0);
  };
  const zoomTo = (wanted) => {
    zoom = Math.max(0, Math.min(zooms.length - 1, wanted));
    stage.dataset.zoom = zooms[zoom];
  };
  const does = {
    previous: () => show(at - 1),
    next: () => show(at + 1),
    larger: () => zoomTo(zoom + 1),
    smaller: () => zoomTo(zoom - 1),
    close: () => viewer.close(),
  };
  const keys = { ArrowLeft: "previous", ArrowRight: "next", "+": "larger", "=": "larger", "-": "smaller" };

  links.forEach((link, index) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    viewer.showModal();
    show(index);
  }));
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-do]");
    if (button) does[button.dataset.do]();
  });
  viewer.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    if (!name || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    does[name]();
  });
  viewer.addEventListener("close", () => {
    stage.replaceChildren();
    links[at].focus();
  });
}
