// Wires the parts together: news from the sandbox into the state, the address bar, the first view.

import "./strip.js";
import "./sidebar.js";
import "./topbar.js";
import "./chat.js";
import "./composer.js";
import "./members.js";
import "./panel.js";
import "./keys.js";
import "./drop.js";
import { openFromAddress, settle } from "./navigation.js";
import { connect, reading } from "./link.js";
import { state, tell } from "./state.js";

const rest = ({ t, ...part }) => part;

reading({
  hello(news) {
    Object.assign(state, { personas: news.personas, home: news.home, examples: news.examples, connected: true });
    tell("connection");
    settle();
  },
  directory(news) {
    state.directory = rest(news);
    tell("directory");
  },
  place(news) {
    state.place = news.id ? rest(news) : null;
    if (!news.id) settle();
    tell("place");
  },
  bot(news) {
    state.bot = rest(news);
    tell("bot");
  },
  faults(news) {
    state.faults = rest(news);
    tell("faults");
  },
  messages(news) {
    if (news.channel !== state.channel) return;
    if (news.anew) state.messages = new Map();
    for (const message of news.changed) state.messages.set(message.id, message);
    for (const id of news.gone) state.messages.delete(id);
    state.more = news.more;
    tell(news.anew ? "channel" : "messages");
  },
});

addEventListener("hashchange", openFromAddress);
connect();
