// Page "Mẫu tin báo": shows the preview while somebody types. Without it the button "Xem trước" does the same.
(function () {
  "use strict";
  var form = document.getElementById("template");
  var preview = document.getElementById("preview");
  if (!form || !preview || !window.fetch) return;
  var waiting = null;
  var asked = 0;

  function show() {
    var mine = ++asked;
    fetch(form.dataset.preview, { method: "POST", body: new FormData(form), headers: { Accept: "text/html" } })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (html) { if (html !== null && mine === asked) preview.innerHTML = html; })
      .catch(function () { /* the button still works */ });
  }

  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });

  // A click on a placeholder puts it where the cursor is.
  var text = document.getElementById("text");
  document.querySelectorAll(".placeholders code").forEach(function (code) {
    var button = document.createElement("button");
    button.type = "button";
    button.className = "quiet";
    button.textContent = code.textContent;
    button.addEventListener("click", function () {
      text.setRangeText(code.textContent, text.selectionStart, text.selectionEnd, "end");
      text.focus();
      form.dispatchEvent(new Event("input"));
    });
    code.replaceWith(button);
  });
})();
