// Builds elements, and changes what is on the page into what was built anew.

/** `h("div.card", {dataset: {do: "open"}}, "text", child)`; null and false children are left out. */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props ?? {})) set(element, key, value);
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

function set(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "dataset") Object.assign(element.dataset, value);
  else if (key === "class") element.className = `${element.className} ${value}`.trim();
  else if (key === "value" || key === "checked") element[key] = value;
  else element.setAttribute(key, value === true ? "" : value);
}

/** Make `old` look like `fresh`, keeping its nodes, so that focus, presses and loaded pictures survive. */
export function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName || old.dataset?.key !== fresh.dataset?.key) {
    old.replaceWith(fresh);
    return fresh;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return old;
  }
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) === value) continue;
    if (name === "style")
      old.style.cssText = value; // the security policy takes styles from scripts only
    else old.setAttribute(name, value);
  }
  morphChildren(old, [...fresh.childNodes]);
  return old;
}

function morphChildren(parent, fresh) {
  const old = [...parent.childNodes];
  fresh.forEach((child, index) => (old[index] ? morph(old[index], child) : parent.append(child)));
  for (const extra of old.slice(fresh.length)) extra.remove();
}

/** Rebuild a whole region; its listeners must be delegated, since its nodes are kept. */
export function render(parent, ...children) {
  morphChildren(parent, [...h("div", {}, ...children).childNodes]);
}

/** Call `actions[name](element, event)` for the nearest element with `data-do="name"`. */
export function delegate(root, type, actions) {
  root.addEventListener(type, (event) => {
    const element = event.target.closest?.("[data-do]");
    if (!element || !root.contains(element) || element.disabled) return;
    actions[element.dataset.do]?.(element, event);
  });
}

export const $ = (selector, root = document) => root.querySelector(selector);
