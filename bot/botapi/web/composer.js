// What a person writes with: the text field, the command menu, the reply that is being written.

import { el, plainOf, sender } from "./draw.js";
import { menu, toast } from "./panels.js";

const $ = (id) => document.getElementById(id);

let chat = null; // { commands, words, send(text, replyTo) } of the page
let replyTo = null;

export function quote(message) {
  replyTo = message;
  $("replying").hidden = !message;
  if (!message) return;
  $("replying").querySelector("p").replaceChildren(el("b", {}, sender(message)), el("span", {}, plainOf(message, chat.words).slice(0, 200)));
  $("text").focus();
}

export function write(text) {
  $("text").value = text;
  $("text").focus();
  grow();
}

// say sends a text; false when it was not taken, and is still there to be sent again.
export async function say(text) {
  if (!text.trim()) return false;
  const to = replyTo;
  try {
    await chat.send(text, to?.message_id);
    if (replyTo === to) quote(null); // another one may have been chosen meanwhile
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

async function submit() {
  const text = $("text").value;
  menu.open(false);
  $("text").value = "";
  grow();
  if (await say(text)) return;
  $("text").value = text + $("text").value; // with what was typed meanwhile
  grow();
}

function grow() {
  const area = $("text");
  area.style.height = "auto";
  area.style.height = `${Math.min(area.scrollHeight, innerHeight * 0.35)}px`;
  $("send").disabled = !area.value.trim();
  $("composer").classList.toggle("writing", area.value !== "");
}

function suggest() {
  const typed = /^\/(\w*)$/.exec($("text").value);
  if (typed) menu.show(chat.commands, typed[1].toLowerCase(), choose);
  else menu.open(false);
}

function choose(command) {
  menu.open(false);
  $("text").value = "";
  grow();
  say(`/${command.command}`);
}

export function setup(page) {
  chat = page;
  const fine = matchMedia("(pointer: fine)"); // with a real keyboard Enter sends
  $("composer").addEventListener("submit", (event) => { event.preventDefault(); submit(); });
  $("text").addEventListener("input", () => { grow(); suggest(); });
  $("text").addEventListener("keydown", (event) => {
    if (menu.key(event)) return;
    if (event.key === "Escape") quote(null);
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && fine.matches) { event.preventDefault(); submit(); }
  });
  $("menu").addEventListener("click", () => (menu.shown ? menu.open(false) : menu.show(chat.commands, "", choose)));
  $("replying").querySelector("button").addEventListener("click", () => quote(null));
}
