// The message box: words, files, replies, edits; a slash turns it into a command.

import { CommandForm, matching, paths } from "./command.js";
import { $, h } from "./dom.js";
import { openEmoji } from "./emoji.js";
import { examples } from "./examples.js";
import { mayEnter } from "./gate.js";
import { icon } from "./icons.js";
import { ask } from "./link.js";
import { open } from "./navigation.js";
import { compare, findChannel, on, state } from "./state.js";
import { Suggestions } from "./suggestions.js";
import { complain } from "./toasts.js";
import { Tray } from "./tray.js";

const foot = $("#composer");
const TYPED_BY_TOUCH = matchMedia("(pointer: coarse)");
const MOST = 2000;
const FORUM = 15;

let replying = null; // {message, ping}
let editing = null; // a message
let form = null; // an open command
const drafts = new Map(); // by channel

const tray = new Tray(() => drawSend());
const above = h("div.about", { hidden: true });
const text = h("textarea", {
  rows: 1,
  autocomplete: "off",
  "aria-label": "Message",
  role: "combobox",
  "aria-expanded": "false",
  oninput: typed,
  onkeydown: key,
});
const chooser = h("input.visuallyhidden", {
  type: "file",
  multiple: true,
  tabindex: -1,
  "aria-label": "Choose files",
  onchange: () => {
    addFiles([...chooser.files]);
    chooser.value = "";
  },
});
const attach = h(
  "button.round",
  { type: "button", title: "Attach files", "aria-label": "Attach files", onclick: () => chooser.click() },
  icon("plus"),
);
const smile = h(
  "button.round",
  { type: "button", title: "Emoji", "aria-label": "Emoji", onclick: () => openEmoji(smile, insert) },
  icon("smile"),
);
const send = h(
  "button.round.send",
  { type: "button", title: "Send", "aria-label": "Send", onclick: submit },
  icon("send"),
);
const left = h("span.left", { "aria-live": "polite" });
const title = h("input.posttitle", {
  ...{ type: "text", maxlength: 100, placeholder: "Title of a new post", "aria-label": "Name of the post" },
  hidden: true,
  oninput: drawSend,
});
const row = h("div.line", {}, attach, text, left, smile, send, chooser);
const picker = h("div.picker");
const box = h("div.box", {}, picker, above, title, tray.element, row);
const closed = h("div.closed", { hidden: true });
foot.append(examples(runExample), box, closed);

const slashes = new Suggestions({
  input: text,
  host: picker,
  draw: (command) => [
    h("b", {}, `/${command.name}`),
    h("small", {}, command.description),
    h("span.from", {}, state.directory.bot.name),
  ],
  pick: (command) => openCommand(command),
});

function typed() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, innerHeight * 0.4)}px`;
  const over = MOST - text.value.length;
  left.textContent = over < 200 ? over : "";
  left.classList.toggle("over", over < 0);
  drafts.set(state.channel, text.value);
  suggestCommands();
  drawSend();
}

function suggestCommands() {
  const { exact, rest, found } = editing ? {} : matching(text.value, state.place?.commands ?? []);
  if (exact) openCommand(exact, rest);
  else if (found?.length) slashes.show(found, "Commands");
  else if (text.value.startsWith("/") && !state.place?.commands.length) slashes.say(noCommands());
  else slashes.close();
}

function noCommands() {
  return state.bot.phase === "ready" ? "There are no commands here." : "The bot is not ready yet; its commands come.";
}

function openCommand(command, filling = "") {
  stopAbout();
  form?.element.remove();
  form = new CommandForm(command, { text: filling, done: closeCommand });
  for (const file of tray.takeAll()) form.takeFile(file);
  row.hidden = true;
  box.append(form.element);
  setText("");
  form.focus();
  return form;
}

function closeCommand() {
  form?.element.remove();
  form = null;
  row.hidden = false;
  text.focus();
}

function key(event) {
  if (slashes.key(event) || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey && !TYPED_BY_TOUCH.matches) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape" && (replying || editing)) stopAbout();
  else if (event.key === "ArrowUp" && text.value === "") editLast(event);
}

function editLast(event) {
  const mine = [...state.messages.values()].filter((one) => one.author.id === state.directory.viewer && !one.ephemeral);
  const last = mine.sort((a, b) => compare(a.id, b.id)).at(-1);
  if (!last) return;
  event.preventDefault();
  startEdit(last);
}

async function submit() {
  const channel = state.channel;
  const content = text.value.trim();
  if (!(content || tray.files.length) || send.disabled) return;
  const { exact, rest } = editing ? {} : matching(`${content} `, state.place?.commands ?? []);
  if (exact) return void openCommand(exact, rest.trim()); // its whole name was typed, and the button pressed in place of Enter
  send.disabled = true;
  try {
    const opened = await give(channel, content);
    title.value = "";
    tray.clear();
    stopAbout();
    setText("");
    if (opened) open(opened);
  } catch (error) {
    complain(error);
  }
  drawSend();
}

/** Send what is in the box as what it is: an edit, a post of a forum (then resolves to its thread), or a message. */
async function give(channel, content) {
  if (editing) return void (await ask("edit", { channel, message: editing.id, text: content }));
  const files = await tray.keys();
  if (!title.hidden) return (await ask("open_post", { channel, name: title.value, text: content, files })).channel;
  const about = { reply_to: replying?.message.id ?? null, ping: replying?.ping ?? true };
  await ask("say", { channel, text: content, files, ...about });
}

function setText(value) {
  text.value = value;
  typed();
}

function insert(emoji) {
  text.setRangeText(emoji, text.selectionStart, text.selectionEnd, "end");
  text.focus();
  typed();
}

export const mentionInText = (user) => insert(`<@${user.id}> `);

function drawSend() {
  const untitled = !title.hidden && !title.value.trim();
  send.disabled = untitled || !(text.value.trim() || tray.files.length) || text.value.length > MOST;
}

// Replies and edits

export function startReply(message) {
  if (form) closeCommand();
  stopAbout();
  replying = { message, ping: message.author.id !== state.directory.viewer };
  drawAbout();
  text.focus();
}

export function startEdit(message) {
  if (form) closeCommand();
  stopAbout();
  editing = message;
  setText(message.content);
  drawAbout();
  text.focus();
  text.setSelectionRange(text.value.length, text.value.length);
}

function drawAbout() {
  above.hidden = !(replying || editing);
  if (above.hidden) return;
  const stop = h(
    "button.round",
    {
      type: "button",
      title: "Stop (Escape)",
      "aria-label": editing ? "Stop editing" : "Stop replying",
      onclick: stopAbout,
    },
    icon("close"),
  );
  const ping =
    replying &&
    h(
      "button.ping",
      {
        type: "button",
        "aria-pressed": String(replying.ping),
        title: "Whether the author is mentioned",
        onclick: () => {
          replying.ping = !replying.ping;
          drawAbout();
        },
      },
      replying.ping ? "@ on" : "@ off",
    );
  above.replaceChildren(
    h("span", {}, ...(editing ? ["Editing your message"] : ["Replying to ", h("b", {}, replying.message.author.name)])),
    ...(ping ? [ping] : []),
    stop,
  );
}

function stopAbout() {
  if (editing) setText("");
  replying = editing = null;
  drawAbout();
  text.focus();
}

// Files

/** Files from the chooser, a drop or the clipboard; an open command takes them if it can. */
export function addFiles(files) {
  for (const file of files) if (!form?.takeFile(file)) tray.add(file, state.place?.most_bytes ?? Infinity);
  if (!form) text.focus();
}

// What the channel permits

function drawPermitted() {
  const { place } = state;
  if (!place) return;
  const why =
    place.locked && place.archived ? "This thread is archived and locked." : "You may not write in this channel.";
  const may = place.can.send && mayEnter();
  box.hidden = !may;
  closed.hidden = may || !mayEnter();
  closed.textContent = why;
  attach.hidden = !place.can.attach;
  title.hidden = place.type !== FORUM;
  const name = findChannel(place.id)?.name ?? place.name;
  const where = place.parent ? "this thread" : `${place.type === 1 ? "@" : "#"}${name}`;
  text.placeholder = title.hidden ? `Message ${where}` : "First message of the post";
}

function runExample(prompt) {
  const imagine = paths(state.place?.commands ?? []).find((command) => command.name === "imagine");
  if (imagine) openCommand(imagine, prompt).element.requestSubmit();
}

let shown = null;
let offered = ""; // the commands' names
on("place gate", () => {
  drawPermitted();
  if (shown === state.channel) return offerAgain();
  const typing = text.value && (shown === null || text.value === drafts.get(state.channel)); // while it was opened
  shown = state.channel;
  if (form) closeCommand();
  replying = editing = null;
  drawAbout();
  if (!typing) text.value = drafts.get(state.channel) ?? "";
  typed();
  if (!typing) slashes.close();
  if (!TYPED_BY_TOUCH.matches && !document.querySelector("dialog[open]")) text.focus({ preventScroll: true });
});

/** A bot that came meanwhile brought its commands. */
function offerAgain() {
  const now = JSON.stringify(state.place?.commands.map((command) => command.name) ?? []);
  if (now !== offered && text.value.startsWith("/") && !form) suggestCommands();
  offered = now;
}

on("messages", () => {
  if (replying && !state.messages.has(replying.message.id)) stopAbout();
});

export const focusComposer = () => (form ? form.focus() : text.focus());
