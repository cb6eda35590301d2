// Page "Xem trước SMS": shows length and cost while somebody types. Without it the button "Xem" does the same.
(function () {
  "use strict";
  var form = document.getElementById("sms-text");
  var seen = document.getElementById("seen");
  if (!form || !seen || !window.fetch) return;
  var waiting = null;
  var asked = 0;

  function show() {
    var mine = ++asked;
    if (!form.elements.text.value.trim()) { seen.innerHTML = ""; return; }
    fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "text/html", "X-Part": "seen" } })
      .then(function (answer) { return answer.ok ? answer.text() : null; })
      .then(function (html) { if (html !== null && mine === asked) seen.innerHTML = html; })
      .catch(function () { /* the button still works */ });
  }

  form.addEventListener("input", function () {
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });
})();
