/* The inbox: what is new at once, drafts that are kept, one-letter keys. Every form works without it. */
"use strict";
(function () {
  const talk = document.getElementById("inbox-talk");
  const rows = document.getElementById("inbox-rows");
  const answer = document.getElementById("answer-form");
  const text = document.getElementById("text");
  const SLOWLY = 20000, QUICKLY = 3000; // ms between two looks, with and without the server's own sign

  // --- what is new -------------------------------------------------------------------------------------------
  let asking = false, again = false, mark = talk ? talk.dataset.mark : null, typed = false;

  function look() {
    if (asking) { again = true; return; }
    asking = true;
    const address = talk ? talk.dataset.talk + (typed ? "?types=1" : "") : rows.dataset.rows;
    typed = false;
    const headers = { Accept: "text/html" };
    if (mark) headers["If-None-Match"] = talk ? '"' + mark + '"' : mark;
    fetch(address, { headers: headers, cache: "no-store" }).then(function (response) {
      if (response.status !== 200) return null;
      mark = response.headers.get("ETag");
      if (talk && mark) mark = mark.replace(/"/g, "");
      return response.text();
    }).then(function (html) {
      if (html !== null) show(html);
    }).catch(function () { /* the next look */ }).finally(function () {
      asking = false;
      if (again) { again = false; look(); }
    });
  }

  function show(html) {
    if (rows) {
      const ticked = new Set(Array.from(rows.querySelectorAll("input[name=case]:checked"), function (box) { return box.value; }));
      const picked = current() ? current().dataset.case : null;
      rows.innerHTML = html;
      rows.querySelectorAll("input[name=case]").forEach(function (box) { box.checked = ticked.has(box.value); });
      if (picked) select(rows.querySelector('tr[data-case="' + picked + '"]'));
      return;
    }
    const before = talk.querySelector(".talk");
    const atEnd = !before || before.scrollHeight - before.scrollTop - before.clientHeight < 80;
    const place = before ? before.scrollTop : 0;
    talk.innerHTML = html;
    const now = talk.querySelector(".talk");
    if (now) now.scrollTop = atEnd ? now.scrollHeight : place;
    // Giving back is for who has read everything that this page shows.
    const seen = document.querySelector("#give-back-form [name=seen]");
    const end = document.getElementById("talk-end");
    if (seen && end && document.visibilityState === "visible") seen.value = end.dataset.newest;
  }

  const watched = talk || rows;
  if (watched && window.fetch) {
    let timer = null;
    const every = function (ms) { clearInterval(timer); timer = setInterval(look, ms); };
    every(QUICKLY);
    if (window.EventSource) {
      const source = new EventSource(watched.dataset.live);
      // What came between the page, or the last connection, and this one was told to nobody.
      source.addEventListener("open", function () { every(SLOWLY); look(); });
      source.addEventListener("news", look);
      source.addEventListener("error", function () { every(QUICKLY); }); // the browser connects again by itself
    }
    const end = talk && talk.querySelector(".talk");
    if (end) end.scrollTop = end.scrollHeight;
  }

  // --- drafts ------------------------------------------------------------------------------------------------
  if (answer && text && window.fetch) {
    let waiting = null;
    const kept = document.getElementById("draft-kept");
    const keep = function () {
      const body = new URLSearchParams({ text: text.value, csrf_token: answer.elements.csrf_token.value });
      fetch(answer.dataset.draft, { method: "POST", body: body, keepalive: true }).then(function (response) {
        if (response.ok) kept.textContent = document.documentElement.lang === "en" ? "Draft kept" : "Đã giữ nháp";
      }).catch(function () { kept.textContent = ""; });
    };
    text.addEventListener("input", function () {
      typed = true;
      clearTimeout(waiting);
      waiting = setTimeout(keep, 800);
    });
    answer.addEventListener("submit", function () {
      clearTimeout(waiting);
      setTimeout(function () { answer.querySelector("button[type=submit]").disabled = true; });
    });
    document.querySelectorAll("[data-fill]").forEach(function (link) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        text.value = (text.value ? text.value + "\n" : "") + link.dataset.fill;
        text.focus();
        text.dispatchEvent(new Event("input"));
      });
    });
  }

  // --- keys --------------------------------------------------------------------------------------------------
  const overlay = document.getElementById("inbox-keys");
  const off = document.getElementById("inbox-keys-off");
  if (!overlay || !overlay.showModal) return;
  document.querySelector(".inbox-keys-hint").hidden = false;
  document.getElementById("inbox-keys-open").addEventListener("click", function () { overlay.showModal(); });
  off.checked = localStorage.getItem("inbox-keys-off") === "1";
  off.addEventListener("change", function () { localStorage.setItem("inbox-keys-off", off.checked ? "1" : ""); });

  function current() { return rows && rows.querySelector('tr[aria-selected="true"]'); }
  function select(row) {
    if (!row) return;
    if (current()) current().removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    row.querySelector(".inbox-open").focus();
  }
  function move(by) {
    if (!rows) { follow(by > 0 ? "go-after" : "go-before"); return; }
    const all = Array.from(rows.querySelectorAll("tr[data-case]"));
    select(all[current() ? all.indexOf(current()) + by : 0]);
  }
  function follow(id) { const link = document.getElementById(id); if (link) link.click(); }
  function send(id) { const form = document.getElementById(id); if (form) form.requestSubmit(); }
  function focus(id) { const field = document.getElementById(id); if (field) field.focus(); }
  const KEYS = {
    j: function () { move(1); },
    k: function () { move(-1); },
    x: function () { const box = current() && current().querySelector("input[name=case]"); if (box) box.click(); },
    a: function () { send("take-form"); },
    r: function () { focus("text"); },
    n: function () { focus("note"); },
    e: function () { send("close-form"); },
    z: function () { send("undo-form"); },
    g: function () { follow("to-list"); },
    "/": function () { focus("q"); },
    "?": function () { overlay.showModal(); },
  };
  document.addEventListener("keydown", function (event) {
    const field = event.target.closest("input, textarea, select");
    if (event.key === "Enter" && event.ctrlKey && field && field.form) { field.form.requestSubmit(); return; }
    if (field || event.ctrlKey || event.metaKey || event.altKey || off.checked || overlay.open) return;
    const act = KEYS[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
