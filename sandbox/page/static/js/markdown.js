// The chat's markdown: text in, nodes out. Nothing of the text ever becomes HTML.

import { h } from "./dom.js";
import { mention, placeLink } from "./mentions.js";
import { state } from "./state.js";
import { moment } from "./times.js";

const TEXT = "((?:\\\\[\\s\\S]|[^\\\\])+?)"; // what an escape protects does not end a run
const URL = "https?:\\/\\/[^\\s<>]*[^\\s<>.,:;!?\"'\\]|*_)]";

/** Rules for what stands within a line, tried in this order wherever one of their first letters occurs. */
const INLINE = [
  ["\\\\([^\\w\\s])", ([, sign]) => sign],
  ["(`{1,2})([^`](?:[\\s\\S]*?[^`])?)\\1(?!`)", ([, , code]) => h("code", {}, code.trim())],
  [`\\[([^\\]\\n]+)\\]\\(<?(${URL}[^\\s)>]*)>?\\)`, ([, text, url], key) => link(url, inline(text, key))],
  [`<(${URL}[^\\s>]*)>`, ([, url]) => link(url)],
  [URL, ([url]) => link(url)],
  ["<t:(-?\\d{1,12})(?::([tTdDfFR]))?>", ([, unix, style]) => moment(Number(unix), style)],
  ["<(@!?|@&|#)(\\d+)>", ([, kind, id]) => mention(kind.replace("!", ""), id)],
  ["<\\/([^:>]+):\\d+>", ([, name]) => h("span.mention", {}, `/${name}`)],
  ["<a?(:\\w+:)\\d+>", ([, name]) => name],
  ["@(?:everyone|here)\\b", ([all]) => h("span.mention", {}, all)],
  [`\\|\\|${TEXT}\\|\\|`, ([, text], key) => spoiler(text, key)],
  [`\\*\\*${TEXT}\\*\\*(?!\\*)`, ([, text], key) => h("strong", {}, inline(text, key))],
  [`__${TEXT}__(?!_)`, ([, text], key) => h("u", {}, inline(text, key))],
  [`~~${TEXT}~~`, ([, text], key) => h("s", {}, inline(text, key))],
  [`\\*(?=[^\\s*])${TEXT}\\*(?!\\*)`, ([, text], key) => h("em", {}, inline(text, key))],
  [`\\b_(?=[^\\s_])${TEXT}_(?!\\w)`, ([, text], key) => h("em", {}, inline(text, key))],
].map(([pattern, make]) => [new RegExp(pattern, "y"), make]);

const SPECIAL = /[\\`[<h@|*_~]/g;

/** Whoever draws a message gives a key, so that each of its spoilers has a name. */
class Key {
  constructor(name) {
    this.name = name;
    this.count = 0;
  }
  next() {
    return `${this.name}.${this.count++}`;
  }
}

function inline(text, key) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    SPECIAL.lastIndex = at;
    const next = SPECIAL.exec(text)?.index ?? text.length;
    plain += text.slice(at, next);
    at = next;
    if (at === text.length) break;
    const found = firstMatch(text, at);
    if (found) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found.make(found.match, key));
      at += found.match[0].length;
    } else plain += text[at++];
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function firstMatch(text, at) {
  for (const [pattern, make] of INLINE) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) return { match, make };
  }
  return null;
}

function link(url, text = null) {
  const inside = url.match(/^https:\/\/(?:\w+\.)?discord\.com\/channels\/(?:\d+|@me)\/(\d+)(?:\/(\d+))?/);
  if (inside) return placeLink(inside[1], inside[2], text);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text ?? url);
}

function spoiler(text, key) {
  const name = key.next();
  if (state.revealed.has(name)) return h("span.spoiler.shown", {}, inline(text, key));
  return h(
    "span.spoiler",
    { dataset: { do: "reveal", spoiler: name }, role: "button", tabindex: 0, "aria-label": "Spoiler: show it" },
    h("span", {}, inline(text, key)),
  );
}

const LINE = [
  [/^(#{1,3}) +(.+)$/, ([, hashes, text], key) => h(`h${hashes.length}`, {}, inline(text, key))],
  [/^-# +(.+)$/, ([, text], key) => h("small", {}, inline(text, key))],
  [/^( *)[-*] +(.+)$/, ([, indent, text], key) => item("•", indent, text, key)],
  [/^( *)(\d{1,4})\. +(.+)$/, ([, indent, number, text], key) => item(`${number}.`, indent, text, key)],
];

function item(mark, indent, text, key) {
  return h(
    "div.item",
    { dataset: { depth: Math.min(3, Math.floor(indent.length / 2)) } },
    h("span.mark", {}, mark),
    h("span", {}, inline(text, key)),
  );
}

/** Lines outside of code blocks: quotes, headings, lists, small print, and what is left. */
function lines(text, key) {
  const nodes = [];
  let open = []; // plain lines that belong together
  const close = () => {
    if (open.length) nodes.push(h("p", {}, inline(open.join("\n"), key)));
    open = [];
  };
  const all = text.split("\n");
  for (let index = 0; index < all.length; index++) {
    if (all[index].startsWith(">>> ")) {
      close();
      nodes.push(h("blockquote", {}, lines([all[index].slice(4), ...all.slice(index + 1)].join("\n"), key)));
      return nodes;
    }
    if (/^> /.test(all[index])) {
      close();
      const quoted = [];
      while (/^> /.test(all[index] ?? "")) quoted.push(all[index++].slice(2));
      index--;
      nodes.push(h("blockquote", {}, lines(quoted.join("\n"), key)));
      continue;
    }
    const [match, make] = LINE.map(([pattern, maker]) => [pattern.exec(all[index]), maker]).find(([one]) => one) ?? [];
    if (match) {
      close();
      nodes.push(make(match, key));
    } else open.push(all[index]);
  }
  close();
  return nodes;
}

/** A whole text as nodes. */
export function markdown(text, name = "") {
  const key = new Key(name);
  const nodes = [];
  const fence = /```(?:([\w+.-]+)\n)?\n*([\s\S]+?)\n*```\n?/g;
  let at = 0;
  for (const match of text.matchAll(fence)) {
    const before = text.slice(at, match.index).replace(/\n$/, "");
    if (before) nodes.push(...lines(before, key));
    nodes.push(codeBlock(match[2]));
    at = match.index + match[0].length;
  }
  if (at < text.length) nodes.push(...lines(text.slice(at), key));
  return nodes;
}

function codeBlock(code) {
  return h(
    "div.codeblock",
    {},
    h("pre", {}, h("code", {}, code)),
    h(
      "button.copy",
      { type: "button", dataset: { do: "copyCode" }, title: "Copy", "aria-label": "Copy this text" },
      "Copy",
    ),
  );
}

const EMOJI = /^(?:\p{Extended_Pictographic}(?:\uFE0F|\u200D\p{Extended_Pictographic}|\p{Emoji_Modifier})*|\s)+$/u;

/** Whether a text is a few emoji and nothing else, which are shown large. */
export const onlyEmoji = (text) => text.length <= 40 && text.trim() !== "" && EMOJI.test(text);

/** One line without markup, for previews. */
export function plainText(text) {
  const holder = h("div", {}, markdown(text));
  for (const button of holder.querySelectorAll("button")) button.remove();
  for (const hidden of holder.querySelectorAll(".spoiler")) hidden.textContent = "▮▮▮";
  const parts = [...holder.childNodes].map((node) => node.textContent.trim());
  return parts.filter(Boolean).join(" ").replace(/\s+/g, " ").slice(0, 200);
}
