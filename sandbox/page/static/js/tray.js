// Files that wait in the message box.

import { h } from "./dom.js";
import { size } from "./files.js";
import { icon } from "./icons.js";
import { upload } from "./link.js";
import { notify } from "./toasts.js";

const MOST = 10;

export class Tray {
  constructor(changed) {
    this.changed = changed;
    this.files = []; // {file, uploading}
    this.element = h("div.tray", { hidden: true });
  }

  add(file, mostBytes) {
    if (this.files.length === MOST) return notify(`A message carries at most ${MOST} files.`, "trouble");
    if (file.size > mostBytes)
      return notify(`${file.name} has ${size(file.size)}; this server takes up to ${size(mostBytes)}.`, "trouble");
    const uploading = upload(file);
    uploading.catch(() => {}); // told when it is sent
    this.files.push({ file, uploading });
    this.draw();
  }

  draw() {
    this.element.hidden = !this.files.length;
    this.element.replaceChildren(...this.files.map((each) => this.card(each)));
    this.changed();
  }

  card(each) {
    const { file } = each;
    each.preview ??= file.type.startsWith("image/")
      ? h("img", { src: URL.createObjectURL(file), alt: "" })
      : icon("file");
    const remove = () => {
      this.files = this.files.filter((one) => one !== each);
      this.draw();
    };
    return h(
      "figure",
      {},
      each.preview,
      h("figcaption", { title: file.name }, file.name),
      h(
        "button.round",
        { type: "button", title: "Remove", "aria-label": `Remove ${file.name}`, onclick: remove },
        icon("trash"),
      ),
    );
  }

  /** The uploads' keys, once all are there. */
  keys() {
    return Promise.all(this.files.map((each) => each.uploading));
  }

  takeAll() {
    const files = this.files.map((each) => each.file);
    this.clear();
    return files;
  }

  clear() {
    this.files = [];
    this.draw();
  }
}
