// Drawing of one message: text with its entities, files, buttons and marks.
// Nothing here ever becomes markup: every text goes in as a text node.

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

const paths = {
  reply: "M10 8L4 13l6 5v-3.5c5 0 8 1.5 10 4.5-.5-6-4-9.5-10-10z",
  file: "M12 4v12M6.5 11l5.5 5.5 5.5-5.5M5 20h14",
  silent: "M6 16v-5a6 6 0 0 1 9-5.200M18 11v5l1 1H9M10 20a2 2 0 0 0 4 0M4 4l16 16",
  pin: "M9 4h6l-1 6 3 3H7l3-3zM12 13v7",
  link: "M8 16L17 7M10 7h7v7",
  copy: "M9 9h10v11H9zM5 15V4h10",
  seen: "M2 13l4 4L15 7M11 16l1 1L22 7",
};

// Telegram drops the line break that would otherwise make a gap beside a block.
const isBlock = (entity) => entity.type === "pre" || entity.type.endsWith("blockquote");

// draw puts text[from, to) with its entities, outermost first, into parent.
function draw(parent, text, from, to, entities, actions) {
  let at = from;
  entities.forEach((entity, i) => {
    const start = Math.max(entity.offset, at);
    const end = Math.min(entity.offset + entity.length, to);
    if (start >= end) return;
    let before = text.slice(at, start);
    if (isBlock(entity) && before.endsWith("\n")) before = before.slice(0, -1);
    parent.append(before);
    const [outer, inner] = mark(entity, text.slice(start, end), actions);
    draw(inner, text, start, end, entities.slice(i + 1), actions);
    parent.append(outer);
    at = end;
    if (isBlock(entity) && text[at] === "\n") at++;
  });
  parent.append(text.slice(at, to));
}

const plain = { bold: "strong", italic: "em", underline: "u", strikethrough: "s", hashtag: "b", mention: "b", text_mention: "b" };

// mark gives the element of an entity and the one inside it that holds the text.
function mark(entity, text, actions) {
  switch (entity.type) {
    case "code": return both(copying(el("code"), text, actions));
    case "pre": return preformatted(entity, text, actions);
    case "blockquote": return both(el("blockquote"));
    case "expandable_blockquote": return folding(actions);
    case "spoiler": return both(pressable(el("span", { class: "spoiler" }), actions.words.reveal, (e) => e.currentTarget.classList.add("shown")));
    case "bot_command": return both(el("button", { type: "button", class: "command", onclick: () => actions.say(text) }));
    case "url": case "text_link": {
      const href = entity.url || text;
      if (/^(https?|tg):/i.test(href)) return both(el("a", { href, target: "_blank", rel: "noopener noreferrer", title: href }));
      return both(el("span"));
    }
  }
  return both(el(plain[entity.type] || "span", { class: entity.type }));
}

const both = (node) => [node, node];

// pressable makes text that can be selected act like a button.
function pressable(node, label, act) {
  node.tabIndex = 0;
  node.setAttribute("role", "button");
  if (label) node.title = label;
  node.addEventListener("click", (event) => { if (getSelection().isCollapsed) act(event); });
  node.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); act(event); } });
  return node;
}

function copying(node, text, actions) {
  return pressable(node, actions.words.copy, (event) => { event.stopPropagation(); actions.copy(text); });
}

function preformatted(entity, text, actions) {
  const code = el("code");
  const button = el("button", { type: "button", "aria-label": actions.words.copy, onclick: () => actions.copy(text) }, icon(paths.copy));
  const head = el("div", { class: "language" }, entity.language || actions.words.copy, button);
  return [el("div", { class: "pre" }, head, copying(el("pre", {}, code), text, actions)), code];
}

// folding shows the first lines of a quote until it is tapped.
function folding(actions) {
  const inner = el("div");
  const arrow = el("button", { type: "button", class: "fold", "aria-expanded": "false", "aria-label": actions.words.unfold });
  const quote = el("blockquote", { class: "expandable folded" }, inner, arrow);
  const toggle = (event) => {
    if (!getSelection().isCollapsed || (event.target !== arrow && event.target.closest("a, button, [role=button]"))) return;
    const folded = quote.classList.toggle("folded");
    arrow.setAttribute("aria-expanded", String(!folded));
  };
  quote.addEventListener("click", toggle);
  return [quote, inner];
}

export function rich(parent, text, entities, actions) {
  draw(parent, text, 0, text.length, entities || [], actions);
  return parent;
}

export function plainOf(message, words) {
  return message.text || message.caption || message.document?.file_name || (message.photo && words.photo) || (message.voice && words.voice) || "";
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

// sender is who a message shows as.
export function sender(message) {
  return message.sender_chat?.title || message.from?.first_name || "";
}

function documentRow(file) {
  const name = el("span", { class: "name" }, file.file_name);
  const kind = file.file_name.split(".").pop().slice(0, 4).toUpperCase();
  return el("a", { class: "document", href: `file?id=${encodeURIComponent(file.file_id)}`, download: file.file_name },
    el("span", { class: "disc" }, icon(paths.file)), el("span", {}, name, el("span", { class: "size" }, `${size(file.file_size)} · ${kind}`)));
}

function photo(message, actions) {
  const best = message.photo[message.photo.length - 1];
  const src = `file?show=1&id=${encodeURIComponent(best.file_id)}`;
  const alt = message.caption || actions.words.photo;
  const image = el("img", { src, alt, width: best.width, height: best.height });
  // The room it will take is taken before it is there, so that nothing jumps.
  image.style.width = `${Math.max(160, Math.min(best.width, 420, (420 * best.width) / best.height))}px`;
  return el("button", { type: "button", class: "photo", onclick: () => actions.zoom(src, alt) }, image);
}

function voice(message) {
  const seconds = message.voice.duration;
  return el("p", { class: "voice" }, `🎤 ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`);
}

function button(message, data, actions) {
  const node = el("button", { type: "button", class: `key ${data.style || ""}` }, el("span", {}, data.text));
  if (data.callback_data) node.addEventListener("click", () => actions.tap(message, data, node));
  else if (data.copy_text) node.addEventListener("click", () => actions.copy(data.copy_text.text));
  else if (data.switch_inline_query_current_chat !== undefined) node.addEventListener("click", () => actions.write(data.switch_inline_query_current_chat));
  else {
    const href = data.url || data.web_app?.url || "";
    if (/^(https?|tg):/i.test(href)) {
      node.append(icon(paths.link));
      node.addEventListener("click", () => open(href, "_blank", "noopener,noreferrer"));
    }
  }
  if (data.copy_text) node.append(icon(paths.copy));
  return node;
}

function quoteOf(message, actions) {
  const to = message.reply_to_message;
  if (!to || to.forum_topic_created) return "";
  return el("button", { type: "button", class: "quoted", onclick: () => actions.jump(to.message_id) },
    el("b", {}, sender(to)), el("span", {}, plainOf(to, actions.words).slice(0, 200)));
}

function meta(message, mine, words) {
  const line = el("span", { class: "meta" });
  if (message.pinned) line.append(icon(paths.pin));
  if (message.silent) line.append(icon(paths.silent));
  // As in Telegram: what a bot edits is not marked as edited.
  if (message.edit_date && !message.from?.is_bot) line.append(`${words.edited} `);
  line.append(el("time", { datetime: new Date(message.date * 1000).toISOString() }, clock(message.date)));
  if (mine) line.append(icon(paths.seen));
  return line;
}

// bubble draws a whole message as a list item.
export function bubble(message, me, actions) {
  const mine = message.from?.id === me && !message.sender_chat;
  const body = el("div", { class: "body" });
  const forwarded = message.forward_from?.first_name || message.forward_sender_name;
  body.append(el("p", { class: "sender" }, sender(message), message.via_bot ? ` via @${message.via_bot.username}` : ""));
  if (forwarded) body.append(el("p", { class: "forwarded" }, `${actions.words.forwarded} ${forwarded}`));
  body.append(quoteOf(message, actions));
  if (message.photo) body.append(photo(message, actions));
  if (message.document) body.append(documentRow(message.document));
  if (message.voice) body.append(voice(message));
  const text = message.text || message.caption || "";
  const marks = meta(message, mine, actions.words);
  if (text) {
    const block = rich(el("div", { class: "text", dir: "auto" }), text, message.entities || message.caption_entities, actions);
    block.append(marks);
    body.append(block);
  } else {
    body.append(marks);
    if (message.photo) body.classList.add("bare");
  }
  const reply = el("button", { type: "button", class: "reply icon", "aria-label": actions.words.reply, onclick: () => actions.reply(message) }, icon(paths.reply));
  body.append(reply);
  const stack = el("div", { class: "stack" }, body);
  if (message.reply_markup) {
    const rows = message.reply_markup.inline_keyboard.map((row) => el("div", { class: "row" }, ...row.map((data) => button(message, data, actions))));
    stack.append(el("div", { class: "keys" }, ...rows));
  }
  return el("li", { class: `message ${mine ? "mine" : "theirs"}`, "data-id": message.message_id }, stack);
}
