// Files dragged onto the page, or pasted into it.

import { addFiles } from "./composer.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { findChannel, state } from "./state.js";
import { notify } from "./toasts.js";

const where = h("b");
const cover = h(
  "div.dropcover",
  { hidden: true },
  h("div", {}, icon("file"), where, h("span", {}, "Let go to add it; nothing is sent yet.")),
);
document.body.append(cover);

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
let depth = 0; // of the elements entered and not left

addEventListener("dragenter", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth++;
  const channel = findChannel(state.channel);
  where.textContent = channel ? `Drop into ${channel.type === 0 ? "#" : ""}${channel.name}` : "Drop";
  cover.hidden = false;
});
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("dragleave", (event) => {
  if (carriesFiles(event) && --depth <= 0) hide();
});
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  hide();
  if (state.place?.can.attach && state.place.can.send) addFiles([...event.dataTransfer.files]);
  else notify("You may not post files here.", "trouble");
});

function hide() {
  depth = 0;
  cover.hidden = true;
}

addEventListener("paste", (event) => {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  addFiles(files);
});
