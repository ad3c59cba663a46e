// What the page knows, and who wants to hear when it changes.

export const state = {
  connected: false,
  personas: [],
  home: null,
  examples: [],
  directory: null, // servers, channels, threads, members
  place: null, // the open channel: what may be done, commands, who is typing
  bot: { phase: "starting", detail: "", log: "", can_restart: false },
  faults: { offered: [], pending: 0 },
  channel: null, // id of the open channel
  messages: new Map(), // by id, of the open channel
  more: false, // whether older ones are there
  target: null, // id of the message to jump to
  revealed: new Set(), // spoilers that were opened
  dismissed: new Set(), // ephemeral messages that were put away
};

const listeners = new Map();

export function on(topics, listener) {
  for (const topic of topics.split(" ")) listeners.set(topic, [...(listeners.get(topic) ?? []), listener]);
}

export function tell(topic) {
  for (const listener of listeners.get(topic) ?? []) listener();
}

/** Identifiers grow with time and are too large for numbers. */
export function newer(a, b) {
  return a.length === b.length ? a > b : a.length > b.length;
}

export const compare = (a, b) => (a === b ? 0 : newer(a, b) ? 1 : -1);

export function me() {
  const { directory } = state;
  return directory && directory.users[directory.viewer];
}

export function findChannel(id) {
  if (!state.directory) return null;
  if (state.directory.direct.id === id) return { ...state.directory.direct, name: state.directory.bot.name };
  for (const guild of state.directory.guilds)
    for (const channel of guild.channels) {
      if (channel.id === id) return { ...channel, guild };
      const thread = channel.threads.find((each) => each.id === id);
      if (thread) return { ...thread, guild, parent: channel };
    }
  return null;
}

export const currentGuild = () => state.directory?.guilds.find((guild) => guild.id === state.place?.guild);

// Small things that one browser remembers

export function recall(key, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(`sandbox.${key}`)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function remember(key, value) {
  try {
    localStorage.setItem(`sandbox.${key}`, JSON.stringify(value));
  } catch {
    // a browser that keeps nothing still chats
  }
}
