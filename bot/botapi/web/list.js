// How messages stand together in the list: days, groups of one sender, quotes that fold.

import { el, sender } from "./draw.js";

const $ = (id) => document.getElementById(id);

// dress groups neighbours of one sender and dates the days. What is right
// already stays untouched: a screen reader would say it again.
export function dress(room, words) {
  const byID = new Map(room.messages.map((m) => [String(m.message_id), m]));
  const days = new Set($("messages").querySelectorAll(".day"));
  let before = null, last = null, body = null;
  for (const node of [...$("messages").children]) {
    const message = byID.get(node.dataset.id);
    if (!message) {
      if (!node.matches(".day")) before = null;
      continue;
    }
    const day = dayOf(message.date, words);
    if (!last || day !== dayOf(last.date, words)) dated(node, day, days);
    const joined = before && sender(before) === sender(message) && message.date - before.date < 300 && day === dayOf(before.date, words);
    node.classList.toggle("first", !joined);
    body?.classList.toggle("last", !joined);
    node.classList.add("last");
    before = last = message;
    body = node;
  }
  for (const old of days) old.remove();
  $("empty").hidden = $("messages").children.length > 0;
  $("empty").textContent = room.type === "private" ? words.empty(room.title) : words.hello;
}

// dated puts a day above a message, and above the mark of what is unread.
function dated(node, day, old) {
  const above = node.previousElementSibling?.matches(".divider") ? node.previousElementSibling : node;
  const there = above.previousElementSibling;
  if (there?.matches(".day") && there.textContent === day) old.delete(there);
  else above.before(el("li", { class: "day" }, el("span", {}, day)));
}

// measure finds quotes that are too short to fold.
export function measure(node) {
  for (const quote of node.querySelectorAll(".expandable.folded")) {
    const inner = quote.firstElementChild;
    quote.classList.toggle("short", inner.scrollHeight <= inner.clientHeight + 2);
  }
}

function dayOf(seconds, words) {
  const date = new Date(seconds * 1000), now = new Date();
  if (date.toDateString() === now.toDateString()) return words.today;
  if (date.toDateString() === new Date(now - 864e5).toDateString()) return words.yesterday;
  return date.toLocaleDateString(document.documentElement.lang, { day: "numeric", month: "long", year: date.getFullYear() === now.getFullYear() ? undefined : "numeric" });
}
