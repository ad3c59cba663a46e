// The one websocket: wishes out, answers and news in. It comes back by itself.

import { state, tell } from "./state.js";

const FIRST_WAIT_MS = 400;
const LONGEST_WAIT_MS = 4000;

let socket = null;
let number = 0;
let wait = FIRST_WAIT_MS;
const waiting = new Map();
const readers = {};

/** What to do with each kind of news, by its `t`. */
export function reading(kinds) {
  Object.assign(readers, kinds);
}

export function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/socket`);
  socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
  socket.addEventListener("open", () => (wait = FIRST_WAIT_MS));
  socket.addEventListener("close", lost);
}

function receive(news) {
  if (news.t !== "answer") return readers[news.t]?.(news);
  const { resolve, reject } = waiting.get(news.n) ?? {};
  waiting.delete(news.n);
  if (news.error) reject?.(new Error(news.error));
  else resolve?.(news.result);
}

function lost() {
  state.connected = false;
  tell("connection");
  for (const { reject } of waiting.values()) reject(new Error("The connection was lost."));
  waiting.clear();
  setTimeout(connect, wait);
  wait = Math.min(wait * 1.6, LONGEST_WAIT_MS);
}

/** Ask for something; rejects with a sentence for the reader. */
export function ask(wish, fields = {}) {
  if (socket?.readyState !== WebSocket.OPEN)
    return Promise.reject(new Error("The sandbox cannot be reached just now."));
  const n = ++number;
  socket.send(JSON.stringify({ do: wish, n, ...fields }));
  return new Promise((resolve, reject) => waiting.set(n, { resolve, reject }));
}

/** Give a file to the sandbox; resolves to its key. */
export async function upload(file) {
  const response = await fetch(`/uploads?name=${encodeURIComponent(file.name)}`, {
    method: "POST",
    body: file,
    headers: { "Content-Type": file.type || "application/octet-stream" },
  });
  if (!response.ok) throw new Error(`${file.name} could not be uploaded.`);
  return (await response.json()).upload;
}
