// Shows the ledger; text becomes text nodes, never HTML. Plain ES2017, for phones of that age.
"use strict";
const HOLD = 20;  // seconds the server may hold a request for news
const IDLE = 3e5;  // a page that nobody touches for so long stops holding one
const SELDOM = 15e3;
const LINK = /https?:\/\/[^\s<>"]+|(?:[a-z0-9-]+\.)+gov\.vn(?:\/[^\s<>"]*)?/gi;
const ITEM = /^\s*(\d{1,2}[.)]|[-•+])\s/;

const $ = (id) => document.getElementById(id);
const words = JSON.parse($("words").textContent);
const log = $("log"), view = $("scroll"), field = $("text"), notice = $("notice"), newer = $("newer");
$("old").remove();  // this browser can read us
const asSms = $("as-sms"), opener = $("panel-open");
const title = document.title;
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const el = (tag, kind, text) => {
  const node = document.createElement(tag);
  node.className = kind || "";
  node.textContent = text || "";
  return node;
};
const press = (kind, text, action) => {
  return Object.assign(el("button", kind, text), { type: "button", onclick: action });
};
const store = {  // of this tab; a private window may have none
  get(name) { try { return JSON.parse(sessionStorage.getItem(name)); } catch (_) { return null; } },
  set(name, value) { try { sessionStorage.setItem(name, JSON.stringify(value)); } catch (_) { /* not kept */ } },
};

// Lines of the conversation
const lines = new Map();  // message id → line
let pending = [];  // lines the server does not have yet, in order
let after = 0, answering = false, loaded = false;

const written = (at, options) => at.toLocaleString("vi-VN", Object.assign({ timeZone: "Asia/Ho_Chi_Minh" }, options));
const day = (at) => written(at, { day: "2-digit", month: "2-digit", year: "numeric" });
const dayName = (name) => {
  const ago = [0, 864e5].findIndex((ms) => day(new Date(Date.now() - ms)) === name);
  return [words.today, words.yesterday][ago] || name;
};

const inOrder = (wanted) => [...lines.values()].filter(wanted).sort((a, b) => a.id - b.id).concat(pending);

const linked = (node, text) => {
  let from = 0;
  text.replace(LINK, (found, at) => {
    const address = found.replace(/[.,;:!?)\]”"']+$/, "");
    const href = /^https?:/i.test(address) ? address : "https://" + address;
    const link = Object.assign(el("a", "", address), { href, target: "_blank", rel: "noopener noreferrer" });
    node.append(text.slice(from, at), link);
    from = at + address.length;
  });
  node.append(text.slice(from));
};

const draw = (message) => {
  const out = message.direction === "out";
  const node = el("li", "line " + message.direction);
  const bubble = el("div", "bubble"), text = el("p", "text"), foot = el("p", "foot");
  text.lang = "vi";
  (message.text.match(/[^\n]*\n|[^\n]+/g) || []).forEach((row) => {
    const into = el("span", ITEM.test(row) ? "item" : "");
    if (out) linked(into, row); else into.textContent = row;
    text.append(into);
  });
  bubble.append(el("span", "hidden", (out ? words.we : words.you) + ": "));
  if (message.photos && message.photos.length) bubble.append(photosOf(message));
  if (message.text) bubble.append(text);
  if (typeof message.place === "string") bubble.append(el("p", "place", [words.place, message.place].filter(Boolean).join(": ")));
  if (message.card) bubble.append(cardOf(message.card));
  node.append(bubble, foot);
  const line = { id: message.id, out, node, bubble, foot, text: message.text, choices: message.choices || [] };
  if (message.at) stamp(line, new Date(message.at));
  if (message.links && message.links.length) node.append(linksOf(message.links));
  if (message.ask) ask(line, message.ask);
  if (line.choices.length) offer(line);
  return line;
};

const cardOf = ({ title, lines: facts }) => {
  const box = el("div", "card");
  box.lang = "vi";
  box.append(el("strong", "", title));
  facts.forEach((fact) => { const row = el("p"); linked(row, fact); box.append(row); });
  return box;
};

const linksOf = (links) => {
  const list = Object.assign(el("ul", "links"), { lang: "vi" });
  list.setAttribute("aria-label", words.links);
  links.filter(({ url }) => /^https?:/i.test(url)).forEach(({ title, url }) => {
    const item = el("li");
    const link = Object.assign(el("a", "open", title), { href: url, target: "_blank", rel: "noopener noreferrer" });
    link.append(el("span", "hidden", " (" + words.new_tab + ")"));
    item.append(link);
    list.append(item);
  });
  return list;
};

// What an answer asks for, where a browser can give it; the field below takes the same in words.
const ask = (line, kind) => {
  if (kind === "phone") line.asked = phoneForm();
  if (kind === "location" && navigator.geolocation && window.isSecureContext) line.asked = placeForm();
  if (line.asked) line.node.append(line.asked);
};

const phoneForm = () => {
  const form = el("form", "ask"), label = el("label", "", words.phone_label);
  const input = Object.assign(el("input"), { type: "tel", autocomplete: "tel", inputMode: "tel", required: true, maxLength: 20 });
  label.append(input);
  const button = Object.assign(el("button", "choice", words.phone_send), { type: "submit" });
  form.append(label, button);
  form.onsubmit = (event) => {
    event.preventDefault();
    const number = input.value.replace(/[^\d+]/g, "");
    if (number.length < 9) return tell(words.phone_wrong);
    tell("");
    say({ text: "LK " + number });
    field.focus();
  };
  return form;
};

const placeForm = () => {
  const box = el("div", "ask");
  const button = press("choice", words.place_send, () => {
    button.disabled = true;
    tell("");
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      say({ text: "", place: { latitude: coords.latitude, longitude: coords.longitude } });
    }, () => {
      button.disabled = false;
      tell(words.place_failed);
      field.focus();
    }, { enableHighAccuracy: true, timeout: 15e3, maximumAge: 6e4 });
  });
  box.append(button, el("p", "", words.place_or));
  return box;
};

const photosOf = (message) => {
  const box = el("div", "photos");
  message.photos.forEach(({ name, image, address, position }) => {
    const href = address || "/chat/photos/" + message.id + "/" + position;
    const link = Object.assign(el("a", image ? "" : "file", image ? "" : name), { href, target: "_blank", rel: "noopener" });
    if (image) link.append(Object.assign(el("img"), { src: address || href + "?small", alt: name, loading: "lazy" }));
    const item = el("div", "kept");
    item.append(link);
    if (!address && message.direction === "out") {
      const save = Object.assign(el("a", "link", words.save), { href: href + "?save", download: name });
      save.append(el("span", "hidden", " " + name));
      item.append(save);
    }
    box.append(item);
  });
  return box;
};

const stamp = (line, at) => {
  const time = el("time", "", written(at, { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at.toISOString();
  line.foot.textContent = "";
  line.foot.append(time);
  if (!line.out) line.foot.append(Object.assign(el("span", "got", " ✓"), { title: words.got }), el("span", "hidden", " " + words.got));
  line.node.dataset.day = day(at);
};

const place = (line) => {
  const next = inOrder((other) => other.id > line.id)[0];
  lines.set(line.id, line);
  log.insertBefore(line.node, next ? next.node : null);
  const before = line.node.previousElementSibling, name = line.node.dataset.day;
  if (!before || before.dataset.day !== name) {
    const mark = el("li", "day", dayName(name));
    mark.dataset.day = name;
    log.insertBefore(mark, line.node);
  }
  if (line.out && asSms.checked) smsForm(line);
};

const offer = (line) => {
  const list = Object.assign(el("ul", "choices"), { lang: "vi" });
  list.setAttribute("aria-label", words.choices);
  line.choices.forEach((choice) => {
    const item = el("li");
    choice.button = press("choice", choice.title, () => say({ token: choice.token, text: choice.title }));
    item.append(choice.button);
    list.append(item);
  });
  line.node.append(list);
};

// An offer holds until something is said after it; what was said tells which choice it was.
const settleOffers = () => {
  const said = inOrder((line) => !line.out);
  lines.forEach((line) => {
    const next = (line.choices.length || line.asked) && said.find((other) => !other.id || other.id > line.id);
    if (line.asked) line.asked.hidden = Boolean(next);
    line.choices.forEach(({ title, button }) => {
      const chosen = Boolean(next) && next.text === title;
      button.disabled = Boolean(next);
      button.classList.toggle("chosen", chosen);
      button.setAttribute("aria-label", chosen ? title + ", " + words.chosen : title);
    });
  });
};

const show = (news) => {
  const wasAtEnd = atEnd();
  let latest = null;
  news.messages.forEach((message) => {
    after = Math.max(after, message.id);
    if (lines.has(message.id)) return;
    const own = message.direction === "in" && pending.find((line) => !line.refused && sameWords(line, message));
    if (own) return keep(own, message.id, new Date(message.at));
    const line = draw(message);
    place(line);
    if (line.out) latest = line;
  });
  setAnswering(news.answering);
  settleOffers();
  noteSeen();
  $("welcome").hidden = lines.size + pending.length > 0;
  if (!loaded) {
    loaded = true;
    log.setAttribute("aria-busy", "false");
    toEnd();
    setTimeout(() => log.setAttribute("aria-live", "polite"), 500);  // only what comes from now on is read aloud
  } else if (latest) {
    latest.node.classList.add("new");
    if (document.hidden) document.title = "● " + title;
    if (wasAtEnd) toStart(latest); else newer.hidden = false;
  }
};

const sameWords = (line, message) => line.text === message.text && Boolean(line.place) === (typeof message.place === "string");

// Officers see whether their words arrived, and whether somebody looked at them.
let told = { until: 0, read: false };
const noteSeen = () => {
  const until = Math.max(0, ...inOrder((line) => line.out).map((line) => line.id)), read = !document.hidden;
  if (!until || (until === told.until && (told.read || !read))) return;
  told = { until, read };
  call("/chat/seen", told).catch(() => { told = { until: 0, read: false }; });
};

const setAnswering = (value) => {
  const wasAtEnd = atEnd();
  if (value !== answering) {
    clearTimeout(setAnswering.timer);
    $("slow").hidden = true;
    if (value) setAnswering.timer = setTimeout(() => { $("slow").hidden = false; toEnd(); }, 12e3);
    $("status").textContent = value ? words.typing : "";
  }
  answering = value;
  $("typing").hidden = !value;
  if (value && wasAtEnd) toEnd();
};

const atEnd = (within = 120) => view.scrollHeight - view.scrollTop - view.clientHeight < within;
const toEnd = () => { view.scrollTop = view.scrollHeight; newer.hidden = true; };
const toStart = (line) => {  // a long answer is read from its beginning
  toEnd();
  if (line.node.offsetHeight > view.clientHeight * 0.8) view.scrollTop = line.node.offsetTop - 12;
};

// Sending
const uuid = () => {
  const bytes = [...crypto.getRandomValues(new Uint8Array(15))];
  const hex = bytes.map((byte) => (byte + 256).toString(16).slice(1)).join("");
  return hex.replace(/^(.{8})(.{4})(.{3})(.{3})/, "$1-$2-4$3-8$4-");
};
const setPending = (value) => {
  pending = value;
  store.set("pending", pending.map(({ key, token, text, place }) => ({ key, token, text, place })));
};
let turn = Promise.resolve();  // one after the other, in the order they were written

const say = ({ key, token, text, place: where }) => {
  const line = Object.assign(draw({ direction: "in", text, place: where && "" }), { key: key || uuid(), token, place: where });
  line.node.classList.add("new");
  $("welcome").hidden = true;
  setPending(pending.concat(line));
  log.append(line.node);
  settleOffers();
  attempt(line);
  toEnd();
};

const attempt = (line) => {
  line.sending = true;
  line.refused = false;
  line.node.classList.remove("failed");
  line.foot.textContent = words.sending + "…";
  turn = turn.then(() => post(line));
};

const post = async (line) => {
  if (line.id) return;
  try {
    const body = Object.assign({ id: line.key }, line.token ? { token: line.token } : line.place ? { place: line.place } : { text: line.text });
    keep(line, (await call("/chat/messages", body)).message_id, new Date());
    setAnswering(true);
    wake();
  } catch (error) {
    if (!line.id) fail(line, error);
  }
};

const drop = (line) => {
  setPending(pending.filter((other) => other !== line));
  line.node.remove();
};

const keep = (line, id, at) => {
  if (line.id) return;
  drop(line);
  line.id = id;
  line.node.classList.remove("new", "failed");
  stamp(line, at);
  if (!lines.has(id)) place(line);
};

const fail = (line, error) => {
  line.sending = false;
  line.refused = Boolean(error.told);
  line.node.classList.add("failed");
  line.foot.textContent = (error.told || words.failed) + " ";
  $("status").textContent = line.foot.textContent;
  line.foot.append([404, 413, 422].includes(error.status)
    ? press("link", words.edit, () => { drop(line); settleOffers(); write(line.text); })
    : press("link", words.retry, () => attempt(line)));
  toEnd();
};

// Photos: each choice of files is one message; it is shown at once and replaced by what the server has.
const sendPhotos = (files) => {
  const big = files.find((file) => file.size > words.max_photo_mb * 1048576);
  if (big) return tell(fill(words.photo_too_large, { name: big.name, max: words.max_photo_mb }));
  if (files.length > words.max_photos) return tell(fill(words.photo_too_many, { max: words.max_photos }));
  tell("");
  const shown = files.map((file) => ({ name: file.name, image: file.type.startsWith("image/"), address: URL.createObjectURL(file) }));
  const line = draw({ direction: "in", text: field.value.trim(), photos: shown }), key = uuid();
  const caption = line.text;
  write("");
  $("welcome").hidden = true;
  log.append(line.node);
  toEnd();
  uploadPhotos(line, key, files, caption);
};

const uploadPhotos = (line, key, files, caption) => {
  const progress = Object.assign(el("progress"), { max: 1, value: 0 });
  progress.setAttribute("aria-label", words.sending);
  line.node.classList.remove("failed");
  line.foot.textContent = words.sending + "…";
  line.bubble.append(progress);
  const body = new FormData(), request = new XMLHttpRequest();
  body.append("id", key);
  body.append("text", caption);
  files.forEach((file) => body.append("photo", file, file.name));
  request.upload.onprogress = (event) => { if (event.lengthComputable) progress.value = event.loaded / event.total; };
  request.onloadend = () => {
    progress.remove();
    if (request.status === 202) {
      line.node.remove();
      setAnswering(true);
      return wake();
    }
    let told = "";
    try { told = request.status < 500 && JSON.parse(request.responseText).error.message; } catch (_) { /* no answer */ }
    line.node.classList.add("failed");
    line.foot.textContent = (told || words.failed) + " ";
    $("status").textContent = line.foot.textContent;
    if (![413, 422].includes(request.status)) {
      line.foot.append(press("link", words.retry, () => uploadPhotos(line, key, files, caption)));
    }
    toEnd();
  };
  request.open("POST", "/chat/photos");
  request.setRequestHeader("X-Mot-Cua-Chat", "1");
  request.send(body);
};

$("photo").onchange = (event) => {
  const files = [...event.target.files];
  event.target.value = "";
  if (files.length) sendPhotos(files);
};

// Talking to the server
const call = async (path, body, signal) => {
  const options = { credentials: "same-origin", signal, headers: { "X-Mot-Cua-Chat": "1" } };
  if (body) {
    Object.assign(options, { method: "POST", body: JSON.stringify(body) });
    options.headers["Content-Type"] = "application/json";
  }
  let response = await fetch(path, options);
  if (response.status === 401) {  // the cookie is gone or too old: the page gives a new one
    await fetch("/chat", { credentials: "same-origin", cache: "no-store" });
    response = await fetch(path, options);
    if (response.status === 401) tell(words.no_cookies, true);
  }
  const answer = await response.json();
  if (response.ok) return answer;
  throw Object.assign(new Error(), { status: response.status, told: response.status < 500 && answer.error.message });
};

let active = Date.now(), woken = null, held = null, failures = 0;
const nap = (ms) => new Promise((done) => { woken = done; setTimeout(done, ms); });
const wake = () => {
  if (held) held.abort();
  if (woken) woken();
};

const follow = async () => {
  for (;;) {
    const near = !document.hidden && (answering || Date.now() - active < IDLE);
    const hold = near && loaded && !failures && window.AbortController ? HOLD : 0;
    let pause = hold || !loaded ? 0 : near ? 1500 : SELDOM;
    held = hold ? new AbortController() : null;
    try {
      const query = "?after=" + after + "&wait=" + hold + "&answering=" + Number(answering);
      const news = await call("/chat/messages" + query, null, held && held.signal);
      show(news);
      pause = Math.max(pause, news.again_in * 1e3);
      if (failures) reconnected();
    } catch (error) {
      if (error.name === "AbortError") continue;
      failures += 1;
      if (failures > 1) tell(words.offline);
      pause = Math.min(SELDOM, 500 * 2 ** failures);
    }
    held = null;
    if (pause) await nap(pause);
  }
};

const reconnected = () => {
  failures = 0;
  tell("");
  $("status").textContent = words.online;
  pending.filter((line) => !line.sending && !line.refused).forEach(attempt);
};

const tell = (text, stays) => {
  if (tell.stays) return;
  tell.stays = stays;
  notice.hidden = !text;
  notice.textContent = text;
};

// As SMS
const smsForm = async (line) => {
  line.node.classList.add("as-sms");
  if (line.sms) return;
  const box = line.sms = el("div", "sms");
  box.append(el("p", "sms-wait", words.sms_loading));
  line.bubble.append(box);
  let wasAtEnd;
  try {
    const form = await call("/chat/messages/" + line.id + "/sms");
    wasAtEnd = atEnd();  // now: others may have come, or somebody scrolled away, while this one was asked for
    box.textContent = "";
    smsPage(box, form.pages, 0);
  } catch (error) {
    box.textContent = error.told || words.sms_failed;
    box.append(" ", press("link", words.retry, () => { box.remove(); line.sms = null; smsForm(line); }));
  }
  if (wasAtEnd) toStart(inOrder((other) => other.out).pop());
};

const smsPage = (into, pages, index) => {
  const { body, segments, encoding } = pages[index];
  const number = pages.length > 1 ? " " + (index + 1) + "/" + pages.length : "";
  const name = { gsm7: "GSM-7", ucs2: "UCS-2" }[encoding];
  const meta = fill(words.sms_meta, { segments, encoding: name, n: [...body].length });
  const screen = el("div", "sms-page");
  screen.append(el("p", "sms-head", words.sms_head + number), el("p", "sms-text", body), el("p", "sms-meta", meta));
  into.append(screen);
  if (index + 1 < pages.length) {
    into.append(press("sms-more", words.sms_more, (event) => {
      event.target.remove();
      smsPage(into, pages, index + 1);
    }));
  }
  if (index) into.lastChild.scrollIntoView({ block: "nearest" });
};

asSms.onchange = () => {
  store.set("sms", asSms.checked);
  const wasAtEnd = atEnd();
  lines.forEach((line) => {
    if (asSms.checked && line.out) smsForm(line); else line.node.classList.remove("as-sms");
  });
  if (wasAtEnd) toEnd();
};

// The field and the panel
const grow = () => {
  field.style.height = "auto";
  field.style.height = field.scrollHeight + "px";
  $("send").disabled = !field.value.trim();
  store.set("draft", field.value);
};
const write = (text) => {
  field.value = text;
  grow();
  field.focus();
};
const submit = () => {
  const text = field.value.normalize("NFC").trim(), n = text.length, max = words.max;
  if (n > max) return tell(fill(words.too_long, { n: n.toLocaleString("vi-VN"), max: max.toLocaleString("vi-VN") }));
  tell("");
  write("");
  if (text) say({ text });
};
const panelIsOpen = () => opener.getAttribute("aria-expanded") === "true";
const openPanel = (open) => {
  document.body.classList.toggle("panel-open", open);
  opener.setAttribute("aria-expanded", String(open));
  opener.setAttribute("aria-label", open ? words.panel_close : words.panel_open);
  $("chat").inert = open;
  (open ? $("panel") : opener).focus();
};

$("composer").onsubmit = (event) => { event.preventDefault(); submit(); };
field.oninput = () => { tell(""); grow(); };
field.onkeydown = (event) => {
  // While a Vietnamese keyboard is composing a syllable, Enter belongs to it.
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  submit();
};
document.querySelectorAll("[data-say]").forEach((node) => {
  node.onclick = () => {
    if (panelIsOpen()) openPanel(false);
    say({ text: node.dataset.say });
  };
});
opener.onclick = () => openPanel(!panelIsOpen());
$("privacy-open").onclick = () => {
  openPanel(true);
  $("privacy").scrollIntoView();
};
newer.onclick = () => { toEnd(); view.focus(); };
view.onscroll = () => { if (atEnd(40)) newer.hidden = true; };
$("forget").onclick = async () => {
  if (!confirm(words.forget_sure)) return;
  await call("/chat/forget", {});
  ["draft", "pending"].forEach((name) => store.set(name, null));
  location.reload();
};
const touched = () => {
  if (Date.now() - active > IDLE) wake();
  active = Date.now();
};
["keydown", "mousedown", "touchstart", "focus"].forEach((name) => addEventListener(name, touched, { passive: true }));
addEventListener("keydown", (event) => { if (event.key === "Escape" && panelIsOpen()) openPanel(false); });
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  active = Date.now();
  document.title = title;
  noteSeen();
  wake();
});
addEventListener("online", wake);
addEventListener("offline", () => { failures = failures || 1; tell(words.offline); wake(); });

field.value = store.get("draft") || "";
asSms.checked = store.get("sms");
grow();
(store.get("pending") || []).forEach(say);
if (matchMedia("(hover: hover)").matches) field.focus();
follow();
