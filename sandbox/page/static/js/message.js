// One message as it stands in the channel.

import { components } from "./components.js";
import { h } from "./dom.js";
import { embed } from "./embeds.js";
import { fileCard, pictures } from "./files.js";
import { icon } from "./icons.js";
import { markdown, onlyEmoji, plainText } from "./markdown.js";
import { avatar, botTag, nameHue } from "./people.js";
import { state } from "./state.js";
import { clock, day, full, stamp } from "./times.js";

const TYPE = { THREAD_CREATED: 18, REPLY: 19, STARTER: 21 };
const TOGETHER_MS = 7 * 60 * 1000;

/** Whether a message goes under the one before it without a header of its own. */
export function follows(message, before) {
  return Boolean(
    before &&
    before.author.id === message.author.id &&
    !message.reply &&
    !message.command &&
    !before.loading &&
    message.type !== TYPE.THREAD_CREATED &&
    before.type !== TYPE.THREAD_CREATED &&
    before.type !== TYPE.STARTER &&
    before.ephemeral === message.ephemeral &&
    message.time - before.time < TOGETHER_MS &&
    sameDay(message, before),
  );
}

const sameDay = (a, b) => new Date(a.time).toDateString() === new Date(b.time).toDateString();

/** The list item of a message; `before` is the message above it, if any. */
export function messageItem(message, before) {
  const together = follows(message, before);
  const marks = [together && "together", message.mentions_me && "mentioned", message.ephemeral && "ephemeral"].filter(
    Boolean,
  );
  return h(
    "li.message",
    { class: marks.join(" "), dataset: { id: message.id, key: message.id }, tabindex: -1 },
    before && sameDay(message, before) ? null : h("div.day", { role: "separator" }, h("span", {}, day(message.time))),
    h(
      "div.block",
      {},
      message.type === TYPE.THREAD_CREATED
        ? threadLine(message)
        : [above(message), h("div.row", {}, left(message, together), body(message, together))],
      tools(message),
    ),
  );
}

function above(message) {
  if (message.command) {
    const { by, name, type } = message.command;
    return h(
      "div.above",
      {},
      avatar(by, "tiny"),
      userButton(by),
      " used ",
      h("span.usedcommand", {}, type === 1 ? `/${name}` : name),
    );
  }
  if (message.type === TYPE.STARTER) return null;
  if (message.reply === undefined) return null;
  if (message.reply === null)
    return h("div.above", {}, icon("reply"), h("em", {}, "The message it replied to was deleted"));
  const { reply } = message;
  const text = plainText(reply.content) || (reply.has_files ? "a picture" : "a message");
  return h(
    "div.above",
    {},
    avatar(reply.author, "tiny"),
    userButton(reply.author, reply.pings ? "@" : ""),
    h(
      "button.quoted",
      { type: "button", dataset: { do: "jump", channel: reply.channel, message: reply.id } },
      text,
      reply.has_files && reply.content ? icon("file") : null,
    ),
  );
}

function userButton(user, prefix = "") {
  return h(
    "button.name",
    { type: "button", dataset: { do: "user", user: user.id, hue: nameHue(user) } },
    `${prefix}${user.name}`,
  );
}

function left(message, together) {
  if (together) return h("div.gutter", {}, h("time", { title: full(message.time) }, clock(message.time)));
  const shown = shownAuthor(message);
  return h(
    "button.gutter",
    { type: "button", tabindex: -1, "aria-label": shown.name, dataset: { do: "user", user: shown.id } },
    avatar(shown),
  );
}

/** A thread's first line shows the message that the thread hangs on. */
const shownAuthor = (message) =>
  message.type === TYPE.STARTER && message.reply ? message.reply.author : message.author;

function body(message, together) {
  const author = shownAuthor(message);
  const head = together
    ? null
    : h(
        "div.head",
        {},
        userButton(author),
        botTag(author),
        h("time", { title: full(message.time) }, stamp(message.reply?.time ?? message.time)),
      );
  return h("div.body", {}, head, content(message), message.ephemeral ? onlyYou(message) : null);
}

function content(message) {
  if (message.loading)
    return h("div.thinking", {}, h("i.dots", {}, h("i"), h("i"), h("i")), `${message.author.name} is thinking…`);
  const starter = message.type === TYPE.STARTER ? message.reply : null;
  if (message.type === TYPE.STARTER && !starter) return h("em", {}, "The first message was deleted");
  const text = starter?.content ?? message.content;
  const files = starter?.files ?? message.files;
  return [
    text || message.edited
      ? h("div.text", { class: onlyEmoji(text) ? "large" : "" }, markdown(text, message.id), edited(message))
      : null,
    pictures(files.filter(isPicture), message.id),
    files.filter((file) => !isPicture(file)).map(fileCard),
    message.embeds.map((each, index) => embed(each, `${message.id}.e${index}`)),
    message.components.length ? components(message.components, message.id) : null,
    message.reactions.length ? reactions(message) : null,
    message.thread ? threadCard(message.thread) : null,
  ];
}

const isPicture = (file) => file.width !== null && file.type.startsWith("image/");

const edited = (message) =>
  message.edited && !message.author.bot ? h("span.edited", { title: full(message.edited) }, " (edited)") : null;

function onlyYou(message) {
  return h(
    "div.onlyyou",
    {},
    icon("eye"),
    "Only you can see this · ",
    h("button.inlink", { type: "button", dataset: { do: "dismiss", id: message.id } }, "Dismiss"),
  );
}

function reactions(message) {
  const all = message.reactions.map((each) =>
    h(
      "button.reaction",
      {
        type: "button",
        class: each.me ? "me" : "",
        "aria-pressed": String(each.me),
        title: `${each.names.join(", ")} reacted with ${each.emoji}`,
        dataset: { do: "react", id: message.id, emoji: each.emoji, key: each.emoji },
      },
      h("span.emoji", {}, each.emoji),
      h("b", {}, String(each.count)),
    ),
  );
  const add = h(
    "button.reaction.add",
    {
      type: "button",
      "aria-label": "Add a reaction",
      title: "Add a reaction",
      dataset: { do: "addReaction", id: message.id, key: "add" },
    },
    icon("smile"),
  );
  return h("div.reactions", {}, all, state.place?.can.react ? add : null);
}

export function threadCard(thread) {
  const { last } = thread;
  return h(
    "button.threadcard",
    { type: "button", dataset: { do: "jump", channel: thread.id, key: "thread" } },
    h(
      "span.line",
      {},
      icon("thread"),
      h("b", {}, thread.name),
      h("span.count", {}, thread.count === 1 ? "1 message" : `${thread.count} messages`, icon("right")),
    ),
    last
      ? h(
          "span.last",
          {},
          avatar(last.author, "tiny"),
          h("b", {}, last.author.name),
          h("span", {}, plainText(last.content) || "a picture"),
          h("time", {}, clock(last.time)),
        )
      : null,
  );
}

function threadLine(message) {
  return h(
    "div.row.system",
    {},
    h("div.gutter", {}, icon("thread")),
    h("div.body", {}, userButton(message.author), " started a thread: ", h("b", {}, message.content)),
  );
}

function tools(message) {
  if (message.loading) return null;
  const button = (action, name, label) =>
    h(
      "button",
      { type: "button", tabindex: -1, title: label, "aria-label": label, dataset: { do: action, id: message.id } },
      icon(name),
    );
  const mine = message.author.id === state.directory?.viewer;
  return h(
    "div.tools",
    { role: "toolbar", "aria-label": "Message" },
    state.place?.can.react && !message.ephemeral ? button("addReaction", "smile", "Add a reaction") : null,
    mine ? button("edit", "pencil", "Edit") : message.ephemeral ? null : button("reply", "reply", "Reply"),
    button("menu", "dots", "More"),
  );
}
