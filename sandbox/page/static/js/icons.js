// Line icons, drawn for this page on a grid of 24.

const PATHS = {
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  thread: "M5 4v9a3 3 0 0 0 3 3h11M15 12l4 4-4 4M10 6h9M10 10h5",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 3.5 4.5 21 12 3.5 19.5 4 12Zm0 0h8",
  smile: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.5 14.5c1.5 2.300 5.5 2.300 7 0M9 9.5v.1M15 9.5v.1",
  reply: "M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7",
  pencil: "M4 20h4L19.5 8.5a2.100 2.100 0 0 0-4-4L4 16v4ZM13.5 6.5l4 4",
  trash: "M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  dots: "M5.5 12v.1M12 12v.1M18.5 12v.1",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9.5l6 6 6-6",
  right: "M9.5 6l6 6-6 6",
  menu: "M4 6.5h16M4 12h16M4 17.5h16",
  people:
    "M13 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM2 20c.5-4 3.5-6 7-6s6.5 2 7 6M16 4.5a4 4 0 0 1 0 7M18.5 14.5c2 .8 3.200 2.700 3.5 5.5",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5Z",
  sun: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400",
  tools: "M4 7h9M17 7h3M4 17h3M11 17h9M17 7a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM11 17a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  file: "M6 3h8l5 5v13H6V3ZM14 3v5h5",
  download: "M12 4v11M7 10.5l5 5 5-5M4 20h16",
  crown: "M4 17 3 7l5 4 4-6 4 6 5-4-1 10H4ZM5 20h14",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6l7-3Z",
  eye: "M2.5 12c4-8.5 15-8.5 19 0-4 8.5-15 8.5-19 0ZM15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  warning: "M12 4 2.5 20h19L12 4ZM12 10v4.5M12 17.300v.1",
  link: "M10 14a4.5 4.5 0 0 0 6.5 0l3-3A4.600 4.600 0 0 0 13 4.5l-1 1M14 10a4.5 4.5 0 0 0-6.5 0l-3 3A4.600 4.600 0 0 0 11 19.5l1-1",
  copy: "M8 8h12v12H8V8ZM16 8V4H4v12h4",
  brush: "M20 4 10 14M10 14c-2-1-4 0-4.5 2S4 19 3 19.5c3 1.200 8 .8 8.5-2.5M10 14l1.5 3",
  lock: "M6 11h12v9H6v-9ZM8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  check: "M5 12.5l5 5L19.5 7",
};

const NS = "http://www.w3.org/2000/svg";

export function icon(name) {
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(NS, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
