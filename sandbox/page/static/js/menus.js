// Context menus, on messages and on people.

import { mentionInText, startEdit, startReply } from "./composer.js";
import { ask as askFor } from "./dialogs.js";
import { $, h } from "./dom.js";
import { openEmoji } from "./emoji.js";
import { icon } from "./icons.js";
import { copy, interact, react } from "./interact.js";
import { ask } from "./link.js";
import { closePopUp, popUp, walk } from "./listbox.js";
import { plainText } from "./markdown.js";
import { open, openDirect, speakAs } from "./navigation.js";
import { avatar, botTag } from "./people.js";
import { currentGuild, me, state } from "./state.js";
import { complain } from "./toasts.js";

const QUICK = ["👍", "❤️", "🔁", "⬆️"];

function show(at, children) {
  const menu = h("div.popup.menu", { role: "menu", onkeydown: (event) => walk(menu, event) }, children);
  const anchor =
    at instanceof Element ? at : { getBoundingClientRect: () => new DOMRect(at.clientX, at.clientY - 6, 0, 0) };
  popUp(anchor, menu);
  menu.querySelector("[role=menuitem]")?.focus({ preventScroll: true });
}

function item(name, picture, act, kind = "") {
  return h(
    "button",
    {
      type: "button",
      role: "menuitem",
      class: kind,
      onclick: () => {
        closePopUp();
        act();
      },
    },
    h("span", {}, name),
    icon(picture),
  );
}

const line = () => h("hr");

export function messageMenu(message, at) {
  if (!message) return;
  const { place, directory } = state;
  const mine = message.author.id === directory.viewer;
  const here = { channel: state.channel, message: message.id };
  const anchor = at instanceof Element ? at : $(`[data-id="${message.id}"]`);
  const common = !message.ephemeral;
  const quick = h(
    "div.quick",
    {},
    QUICK.map((emoji) =>
      h(
        "button.emoji",
        {
          type: "button",
          role: "menuitem",
          "aria-label": `React with ${emoji}`,
          onclick: () => {
            closePopUp();
            react(message.id, emoji);
          },
        },
        emoji,
      ),
    ),
  );
  show(at, [
    common && place.can.react ? quick : null,
    common && place.can.react
      ? item("Add a reaction", "smile", () => openEmoji(anchor, (emoji) => react(message.id, emoji)))
      : null,
    common && place.can.send ? item("Reply", "reply", () => startReply(message)) : null,
    mine ? item("Edit", "pencil", () => startEdit(message)) : null,
    common && place.type === 0 && place.can.open_threads && !message.thread
      ? item("Open a thread", "thread", () => openThread(message))
      : null,
    apps(3, (name) => interact(null, "use_on_message", { ...here, name })),
    line(),
    message.content ? item("Copy the text", "copy", () => copy(message.content)) : null,
    item("Copy the link", "link", () =>
      copy(`https://discord.com/channels/${place.guild ?? "@me"}/${state.channel}/${message.id}`),
    ),
    item("Copy the ID", "hash", () => copy(message.id)),
    common && (mine || place.can.manage)
      ? [line(), item("Delete", "trash", () => remove(message, here), "danger")]
      : null,
  ]);
}

/** The bot's own commands for this kind of thing. */
function apps(type, use) {
  const commands = (state.place?.commands ?? []).filter((command) => command.type === type);
  return commands.length
    ? [
        line(),
        h("div.title", {}, "Apps"),
        commands.map((command) => item(command.name, "brush", () => use(command.name))),
      ]
    : null;
}

async function openThread(message) {
  const name = await askFor({
    title: "Open a thread",
    label: "Name",
    value: plainText(message.content).slice(0, 60),
    yes: "Open",
    most: 100,
  });
  if (!name) return;
  try {
    const { channel } = await ask("open_thread", { channel: state.channel, message: message.id, name });
    open(channel);
  } catch (error) {
    complain(error);
  }
}

async function remove(message, here) {
  const yes = await askFor({
    title: "Delete this message?",
    text: plainText(message.content).slice(0, 200),
    yes: "Delete",
    danger: true,
  });
  if (yes) ask("delete", here).catch(complain);
}

export function userMenu(user, at) {
  if (!user) return;
  const member = currentGuild()?.members.find((one) => one.id === user.id);
  const persona = state.personas.find((one) => one.id === user.id);
  const part = user.bot ? "The bot" : (persona?.part ?? "Member");
  const roles = [member?.owner && "owner", ...(member?.roles ?? [])].filter(Boolean);
  show(at, [
    h(
      "div.card",
      {},
      avatar(user, "large"),
      h("div", {}, h("b", {}, user.name, botTag(user)), h("small", {}, roles.join(", ") || part)),
    ),
    user.bot ? item("Message", "send", openDirect) : null,
    state.place?.can.send ? item("Mention", "at", () => mentionInText(user)) : null,
    persona && user.id !== me()?.id ? item(`Speak as ${user.name}`, "people", () => speakAs(user.id)) : null,
    apps(2, (name) => interact(null, "use_on_user", { channel: state.channel, user: user.id, name })),
    line(),
    item("Copy the ID", "hash", () => copy(user.id)),
  ]);
}

document.addEventListener("contextmenu", (event) => {
  if (event.target.closest("a, input, textarea, dialog, pre") || !getSelection().isCollapsed) return; // the browser's own is of use
  const user = event.target.closest("[data-user], [data-do=user]")?.dataset.user;
  const message = event.target.closest(".message")?.dataset.id;
  if (!user && !message) return;
  event.preventDefault();
  if (user) userMenu(state.directory.users[user], event);
  else messageMenu(state.messages.get(message), event);
});
