// The chat page: what one person sees, live. draw.js draws a message,
// composer.js what one writes with, panels.js what stands around the messages.

import * as composer from "./composer.js";
import { bubble, el, plainOf, sender } from "./draw.js";
import { dress, measure } from "./list.js";
import * as panels from "./panels.js";
import { wordsFor } from "./words.js";

const $ = (id) => document.getElementById(id);
const ALL = -1; // every topic of a forum; General is 0
const shownMost = 600; // messages kept a chat

let state = null; // the server's snapshot, kept up to date by events
let words = wordsFor("en");
let room = null;
let thread = ALL;
let stream = null;
let stuck = true; // the newest message stays in view
const seen = {}; // "user/room" → newest message id that was looked at
const taps = new Map(); // tap id → its button, or true when the answer came first
const typing = new Map(); // room key → timer

const actions = {
  get words() { return words; },
  say: composer.say,
  write: composer.write,
  copy: (text) => panels.copy(text, words),
  zoom: panels.zoom,
  reply: composer.quote,
  jump(id) {
    const node = find(id);
    if (!node) return;
    node.scrollIntoView({ block: "center", behavior: "smooth" });
    node.classList.remove("loud");
    requestAnimationFrame(() => node.classList.add("loud"));
  },
  async tap(message, data, node) {
    node.classList.add("busy");
    const settle = () => node.classList.remove("busy");
    setTimeout(settle, 15000);
    try {
      const answer = await post("tap", { message: message.message_id, data: data.callback_data });
      const { tap } = await answer.json();
      if (taps.delete(tap)) settle();
      else taps.set(tap, settle);
    } catch (error) {
      settle();
      panels.toast(error.message);
    }
  },
};

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user: state.me.id, room: room.key, ...body }),
  });
  if (!answer.ok) throw new Error((await answer.text()).trim());
  return answer;
}

async function load(userID) {
  const wanted = new URLSearchParams(location.hash.slice(1));
  const answer = await fetch(`state?user=${userID || wanted.get("user") || 0}`);
  if (!answer.ok) throw new Error((await answer.text()).trim());
  state = await answer.json();
  words = wordsFor(state.me.language);
  document.documentElement.lang = words === wordsFor("fr") ? "fr" : "en";
  for (const r of state.rooms) seen[mark(r)] ??= newest(r);
  label();
  open(state.rooms.find((r) => r.key === (room?.key || wanted.get("room"))) || state.rooms[0], thread);
}

// start tries until the server is there.
function start() {
  load().then(connect).catch(() => {
    panels.offline(words.offline);
    setTimeout(start, 1000);
  });
}

function connect() {
  stream?.close();
  stream = new EventSource(`events?user=${state.me.id}&after=${state.seq}`);
  stream.onopen = () => panels.offline();
  stream.onerror = () => panels.offline(words.offline);
  stream.onmessage = (event) => {
    if (Number(event.lastEventId) <= state.seq && !event.data.includes('"reload"')) return;
    state.seq = Number(event.lastEventId);
    apply(JSON.parse(event.data));
  };
}

function label() {
  $("me-label").textContent = words.me;
  $("me").replaceChildren(...state.users.map((u) => el("option", { value: u.id, selected: u.id === state.me.id }, u.hint ? `${u.name} · ${u.hint}` : u.name)));
  $("text").setAttribute("aria-label", words.message);
  $("back").setAttribute("aria-label", words.chats);
  $("send").setAttribute("aria-label", words.send);
  $("down").setAttribute("aria-label", words.bottom);
  $("menu").lastElementChild.textContent = words.menu;
  $("replying").querySelector("button").setAttribute("aria-label", words.cancel);
}

// apply brings one event of the server into the page.
function apply(event) {
  if (event.kind === "reload" || event.kind === "chats") return load(state.me.id).then(event.kind === "reload" ? connect : undefined).catch(() => panels.offline(words.offline));
  const where = state.rooms.find((r) => r.key === event.room);
  if (!where) return;
  switch (event.kind) {
    case "message":
      where.messages.push(event.message);
      if (where.messages.length > shownMost) where.messages.shift();
      stopTyping(where);
      arrived(where, event.message);
      break;
    case "edit": {
      const at = where.messages.findIndex((m) => m.message_id === event.message.message_id);
      if (at < 0) return;
      where.messages[at] = event.message;
      if (where === room) redraw(event.message);
      break;
    }
    case "delete":
      where.messages = where.messages.filter((m) => m.message_id !== event.id);
      if (where === room) { find(event.id)?.remove(); dress(room, words); }
      break;
    case "typing":
      stopTyping(where);
      typing.set(where.key, { action: event.text, timer: setTimeout(() => stopTyping(where), 5500) });
      status();
      break;
    case "answer": return answered(event);
  }
  around();
}

function answered(event) {
  const settle = taps.get(event.tap);
  if (settle) settle();
  else taps.set(event.tap, true);
  if (settle) taps.delete(event.tap);
  if (event.text) (event.alert ? panels.alertBox : panels.toast)(event.text);
}

function stopTyping(where) {
  clearTimeout(typing.get(where.key)?.timer);
  typing.delete(where.key);
  status();
}

const mine = (message) => message.from?.id === state.me.id && !message.sender_chat;
const mark = (r) => `${state.me.id}/${r.key}`;
const newest = (r) => r.messages[r.messages.length - 1]?.message_id || 0;
const shows = (message) => thread === ALL || (message.message_thread_id || 0) === thread;
const find = (id) => $("messages").querySelector(`[data-id="${id}"]`);
const atBottom = () => $("scroller").scrollHeight - $("scroller").scrollTop - $("scroller").clientHeight < 60;
const toBottom = () => { stuck = true; $("scroller").scrollTop = $("scroller").scrollHeight; };

// looked notes how far one has read.
function looked() {
  stuck = atBottom();
  const before = seen[mark(room)];
  if (stuck && !document.hidden) seen[mark(room)] = newest(room);
  $("down").hidden = stuck;
  if (seen[mark(room)] !== before) around();
}

function unread(where, topic = ALL) {
  return where.messages.filter((m) => m.message_id > seen[mark(where)] && !mine(m) && (topic === ALL || (m.message_thread_id || 0) === topic)).length;
}

function arrived(where, message) {
  const here = where === room && shows(message);
  if (here) {
    const stick = atBottom() || mine(message);
    const node = bubble(message, state.me.id, actions);
    node.classList.add("new");
    if (!message.silent && !mine(message)) node.classList.add("loud");
    $("messages").append(node);
    if ($("messages").children.length > shownMost) $("messages").firstElementChild.remove();
    dress(room, words);
    measure(node);
    if (stick) toBottom();
    if (message.force_reply) composer.quote(message);
  }
  if ((!here || document.hidden) && !message.silent && !mine(message)) {
    panels.banner(where.type === "private" ? where.title : `${sender(message)} · ${where.title}`, plainOf(message, words).split("\n")[0],
      () => open(where, message.message_thread_id || (where.topics.length ? 0 : ALL)));
  }
}

// redraw replaces a message in place and keeps what was unfolded so.
function redraw(message) {
  const old = find(message.message_id);
  if (!old) return;
  const stick = atBottom();
  const node = bubble(message, state.me.id, actions);
  old.querySelectorAll(".expandable").forEach((quote, i) => {
    if (!quote.classList.contains("folded")) node.querySelectorAll(".expandable")[i]?.classList.remove("folded");
  });
  old.replaceWith(node);
  dress(room, words);
  measure(node);
  if (stick) toBottom();
}

function open(where, topic = ALL) {
  if (!where) return;
  const changed = room?.key !== where.key;
  room = where;
  thread = topic;
  $("rooms").hidden = true;
  if (changed) {
    composer.quote(null);
    panels.menu.open(false);
  }
  const from = seen[mark(room)];
  const list = room.messages.filter(shows).map((m) => {
    const node = bubble(m, state.me.id, actions);
    if (m.message_id > from && !mine(m)) node.classList.add("unread");
    return node;
  });
  $("messages").replaceChildren(...list);
  $("messages").querySelector(".unread")?.before(el("li", { class: "divider" }, el("span", {}, words.unread)));
  dress(room, words);
  measure($("messages"));
  toBottom();
  history.replaceState(null, "", `#${new URLSearchParams({ user: state.me.id, room: room.key })}`);
  around();
}

// around renews everything but the messages.
function around() {
  if (stuck && !document.hidden) seen[mark(room)] = newest(room);
  const elsewhere = state.rooms.filter((r) => r !== room).reduce((n, r) => n + unread(r), 0);
  const below = unread(room);
  badge($("elsewhere"), elsewhere);
  badge($("down").lastElementChild, below);
  $("down").hidden = stuck;
  $("title").textContent = room.title;
  $("messages").dataset.type = room.type;
  document.title = (elsewhere + below ? `(${elsewhere + below}) ` : "") + room.title;
  panels.face($("face"), room);
  panels.topicBar(room, thread, unread, words, (id) => open(room, id));
  panels.roomList(state.rooms, room, unread, words, (r) => open(r, ALL));
  const closed = room.topics.find((t) => t.id === thread)?.closed;
  $("text").disabled = Boolean(closed);
  $("text").placeholder = closed ? words.closed : room.type === "channel" ? words.post : words.message;
  $("menu").hidden = room.commands.length === 0;
  const pinned = room.messages.findLast((m) => m.pinned);
  $("pinned").hidden = !pinned;
  $("pinned").replaceChildren(el("b", {}, words.pinned), el("span", {}, pinned ? plainOf(pinned, words).split("\n")[0] : ""));
  $("pinned").onclick = () => actions.jump(pinned.message_id);
  status();
}

function badge(node, count) {
  node.hidden = count === 0;
  node.textContent = count > 99 ? "99+" : count;
}

function status() {
  const busy = typing.get(room.key);
  const kinds = { private: words.bot, channel: words.channel };
  $("status").textContent = busy ? words.actions[busy.action] || words.actions.typing : kinds[room.type] || words.people(room.people);
  $("status").classList.toggle("busy", Boolean(busy));
}

composer.setup({
  get words() { return words; },
  get commands() { return room.commands; },
  async send(text, replyTo) {
    await post("say", { text, thread: Math.max(0, thread), reply_to: replyTo });
    toBottom();
  },
});
$("me").addEventListener("change", () => load($("me").value).then(connect));
$("back").addEventListener("click", () => { $("rooms").hidden = !$("rooms").hidden; $("back").setAttribute("aria-expanded", String(!$("rooms").hidden)); });
$("scroller").addEventListener("scroll", looked, { passive: true });
new ResizeObserver(() => { if (stuck) toBottom(); }).observe($("messages"));
new ResizeObserver(() => { if (stuck) toBottom(); }).observe($("scroller"));
$("down").addEventListener("click", () => $("scroller").scrollTo({ top: $("scroller").scrollHeight, behavior: "smooth" }));
document.addEventListener("visibilitychange", () => around());
addEventListener("resize", () => measure($("messages")));

start();
