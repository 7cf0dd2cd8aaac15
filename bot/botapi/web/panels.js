// What stands around the messages: toasts, dialogs, the chat list, topics, the command menu.

import { el, plainOf, clock, sender } from "./draw.js";

const $ = (id) => document.getElementById(id);
const timers = {};

// brief shows a node for a while.
function brief(node, milliseconds) {
  node.hidden = false;
  clearTimeout(timers[node.id]);
  timers[node.id] = setTimeout(() => { node.hidden = true; }, milliseconds);
}

export function toast(text) {
  $("toast").textContent = text;
  brief($("toast"), Math.min(8000, 2500 + text.length * 40));
}

export function alertBox(text) {
  $("alert").querySelector("p").textContent = text;
  if (!$("alert").open) $("alert").showModal();
}

export function zoom(src, alt) {
  Object.assign($("photo").querySelector("img"), { src, alt });
  $("photo").showModal();
}

export function offline(text) {
  $("offline").textContent = text || "";
  $("offline").hidden = !text;
}

// banner is the phone's notification of a message elsewhere.
export function banner(title, text, open) {
  const [head, line] = $("banner").children;
  head.textContent = title;
  line.textContent = text;
  $("banner").onclick = () => { $("banner").hidden = true; open(); };
  brief($("banner"), 5000);
}

export async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text);
  } catch { // without a secure origin there is no clipboard, only this
    const area = el("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  toast(words.copied);
}

// face is the round picture of a chat: its initial on a colour of its own.
export function face(node, room) {
  let hash = 7;
  for (const c of room.key) hash = (hash * 31 + c.charCodeAt(0)) % 997;
  node.textContent = [...room.title][0]?.toUpperCase() || "?";
  node.dataset.hue = hash % 6;
  return node;
}

export function roomList(rooms, current, unreadOf, words, open) {
  $("rooms").firstElementChild.replaceChildren(...rooms.map((room) => {
    const last = room.messages[room.messages.length - 1];
    const unread = unreadOf(room);
    const preview = last ? plainOf(last, words).split("\n")[0] : words.hello;
    const name = last && room.type !== "private" && sender(last) ? `${sender(last)}: ` : "";
    return el("li", {}, el("button", { type: "button", class: room === current ? "current" : "", onclick: () => open(room) },
      face(el("span", { class: "face", "aria-hidden": "true" }), room),
      el("span", { class: "names" }, el("b", {}, room.title), el("span", { class: "preview" }, name + preview)),
      el("span", { class: "side" }, el("time", {}, last ? clock(last.date) : ""), unread ? el("span", { class: "badge" }, String(unread)) : "")));
  }));
}

export function topicBar(room, thread, unreadOf, words, choose) {
  const all = [{ id: -1, name: words.all }, { id: 0, name: words.general }, ...room.topics];
  $("topics").hidden = room.topics.length === 0;
  $("topics").replaceChildren(...all.map((topic) => {
    const unread = unreadOf(room, topic.id);
    return el("button", { type: "button", "aria-pressed": String(topic.id === thread), onclick: () => choose(topic.id) },
      topic.name, topic.closed ? " 🔒" : "", unread && topic.id >= 0 ? el("span", { class: "badge" }, String(unread)) : "");
  }));
}

// menu is the list of commands that opens on "/" and on the menu button.
export const menu = {
  commands: [],
  show(commands, prefix, choose) {
    this.commands = commands.filter((c) => c.command.startsWith(prefix));
    this.choose = choose;
    $("commands").replaceChildren(...this.commands.map((c, i) => el("button",
      { type: "button", role: "option", "aria-selected": String(i === 0 && prefix !== ""), onclick: () => choose(c) },
      el("b", {}, `/${c.command}`), el("span", {}, c.description))));
    this.open(this.commands.length > 0);
  },
  open(shown) {
    $("commands").hidden = !shown;
    $("menu").setAttribute("aria-expanded", String(shown));
  },
  get shown() { return !$("commands").hidden; },
  // key moves the choice or takes it; true when the key was for the menu.
  key(event) {
    if (!this.shown) return false;
    const options = [...$("commands").children];
    const at = options.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (event.key === "Escape") this.open(false);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const next = (at + (event.key === "ArrowDown" ? 1 : -1) + options.length) % options.length;
      options.forEach((o, i) => o.setAttribute("aria-selected", String(i === next)));
      options[next].scrollIntoView({ block: "nearest" });
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) this.choose(this.commands[at]);
    else return false;
    event.preventDefault();
    return true;
  },
};
