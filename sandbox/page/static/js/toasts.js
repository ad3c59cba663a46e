// Short notices that go by themselves.

import { $, h } from "./dom.js";

const SHOWN_MS = 6000;

export function notify(text, kind = "note") {
  const toast = h(`div.toast.${kind}`, { onclick: () => toast.remove() }, text);
  $("#toasts").append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}

export function complain(error) {
  notify(error.message, "trouble");
}
