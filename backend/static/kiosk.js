// The second page goes back to the first when nobody touches it any more; without scripts a timer of the page does.
"use strict";

const form = document.querySelector("form[data-again]");
let timer = 0;

function wait() {
  clearTimeout(timer);
  timer = setTimeout(() => location.replace(form.dataset.again), Number(form.dataset.idle) * 1000);
}

for (const event of ["pointerdown", "keydown", "input", "scroll"]) addEventListener(event, wait, { passive: true });
wait();
