// Choosing an emoji.

import { h } from "./dom.js";
import { closePopUp, popUp } from "./listbox.js";
import { recall, remember } from "./state.js";

const GROUPS = {
  "For pictures": [
    "🔁 again repeat reroll|⬆️ up larger upscale|⬇️ down|⏹️ stop|🎨 paint palette|🖌️ brush|🖼️ picture",
    "✨ sparkles|⭐ star|🌈 rainbow",
  ],
  Hands: [
    "👍 yes thumbs up|👎 no thumbs down|👏 clap|🙌 hooray|🙏 thanks please|👋 hello wave|💪 strong|🤝 deal",
    "👌 ok|✌️ peace|🤞 luck|👀 look eyes",
  ],
  Faces: [
    "😀 happy|😂 laugh tears|🙂 smile|😉 wink|😍 love|😎 cool|🤔 think|😅 sweat|😭 cry|😢 sad|😮 wow|😱 scream",
    "😡 angry|😴 sleep|🤯 mind blown|🥳 party|🤖 robot|👻 ghost|💀 skull|🙈 monkey",
  ],
  Hearts: ["❤️ heart love red|🧡 orange|💛 yellow|💚 green|💙 blue|💜 purple|🖤 black|💔 broken"],
  World: [
    "🔥 fire|⚡ lightning bolt|❄️ snow|☀️ sun|🌙 moon|🌊 wave sea|🌲 tree|🌸 flower|🍎 apple|🍕 pizza|☕ coffee",
    "🎂 cake|🐱 cat|🐶 dog|🦊 fox|🐟 fish|🦋 butterfly|🚗 car|🏠 house|⛵ boat|🎈 balloon|🚀 rocket",
  ],
  Signs: [
    "✅ done check yes|❌ no cross|❓ question|❗ important|💯 hundred|🎉 tada party|🏆 trophy|💡 idea|🔒 lock",
    "⏳ wait hourglass|📎 clip|🧪 test",
  ],
};

const named = (text) => ({ emoji: text.split(" ")[0], words: text.split(" ").slice(1).join(" ") });
const ALL = Object.entries(GROUPS).map(([group, lines]) => [group, lines.join("|").split("|").map(named)]);

export function openEmoji(anchor, pick) {
  const choose = (emoji) => {
    remember("emoji", [emoji, ...recall("emoji", []).filter((one) => one !== emoji)].slice(0, 16));
    closePopUp();
    pick(emoji);
  };
  const grid = h("div.grid");
  const search = h("input", {
    type: "search",
    placeholder: "Search",
    "aria-label": "Search emoji",
    oninput: () => draw(search.value.toLowerCase()),
    onkeydown: (event) => {
      if (event.key === "Enter") grid.querySelector("button")?.click();
    },
  });
  const button = ({ emoji, words }) =>
    h(
      "button.emoji",
      { type: "button", title: words, "aria-label": words || emoji, onclick: () => choose(emoji) },
      emoji,
    );
  function draw(wanted) {
    const recent = wanted ? [] : [["Used lately", recall("emoji", []).map((emoji) => ({ emoji, words: "" }))]];
    const groups = [...recent, ...ALL].map(([group, all]) => [
      group,
      all.filter(({ emoji, words }) => !wanted || words.includes(wanted) || emoji === wanted),
    ]);
    grid.replaceChildren(
      ...groups
        .filter(([, all]) => all.length)
        .flatMap(([group, all]) => [h("h3", {}, group), h("div.set", {}, all.map(button))]),
    );
  }
  draw("");
  popUp(anchor, h("div.popup.emojis", { role: "dialog", "aria-label": "Emoji" }, search, grid));
  search.focus();
}
