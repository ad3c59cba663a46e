// Line icons, drawn for this page on a grid of 24.

const PATHS = {
  hash: "M9.5 4 7.5 20M16.5 4l-2 16M4.5 9h16M3.5 15h16",
  thread: "M5 4v9a3 3 0 0 0 3 3h11M15 12l4 4-4 4M10 6h9M10 10h5",
  at: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0Zm0 0v1.5a2.5 2.5 0 0 0 5 0V12a9 9 0 1 0-4 7.5",
  plus: "M12 5v14M5 12h14",
  send: "M4 12 3.5 4.5 21 12 3.500 19.500 4 12Zm0 0h8",
  smile: "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.500 14.500c1.500 2.300 5.500 2.300 7 0M9 9.500v.1M15 9.500v.1",
  reply: "M10 6 4 12l6 6M4 12h9a7 7 0 0 1 7 7",
  pencil: "M4 20h4L19.500 8.500a2.100 2.100 0 0 0-4-4L4 16v4ZM13.500 6.500l4 4",
  trash: "M4 7h16M9 7V4h6v3M6.500 7l1 13h9l1-13M10 11v5M14 11v5",
  dots: "M5.500 12v.1M12 12v.1M18.500 12v.1",
  close: "M6 6l12 12M18 6 6 18",
  down: "M6 9.500l6 6 6-6",
  right: "M9.500 6l6 6-6 6",
  menu: "M4 6.500h16M4 12h16M4 17.500h16",
  people: "M13 8a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM2 20c.5-4 3.500-6 7-6s6.500 2 7 6M16 4.500a4 4 0 0 1 0 7M18.500 14.500c2 .8 3.200 2.700 3.500 5.500",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4a8.500 8.500 0 1 0 10.500 10.500Z",
  sun: "M16 12a4 4 0 1 1-8 0 4 4 0 0 1 8 0ZM12 2.500v2M12 19.500v2M2.500 12h2M19.500 12h2M5.300 5.300l1.400 1.400M17.300 17.300l1.400 1.400M18.700 5.300l-1.400 1.400M6.700 17.300l-1.400 1.400",
  tools: "M4 7h9M17 7h3M4 17h3M11 17h9M17 7a2 2 0 1 1-4 0 2 2 0 0 1 4 0ZM11 17a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z",
  file: "M6 3h8l5 5v13H6V3ZM14 3v5h5",
  download: "M12 4v11M7 10.500l5 5 5-5M4 20h16",
  crown: "M4 17 3 7l5 4 4-6 4 6 5-4-1 10H4ZM5 20h14",
  shield: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6l7-3Z",
  eye: "M2.500 12c4-8.500 15-8.500 19 0-4 8.500-15 8.500-19 0ZM15 12a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z",
  warning: "M12 4 2.500 20h19L12 4ZM12 10v4.500M12 17.300v.1",
  link: "M10 14a4.500 4.500 0 0 0 6.500 0l3-3A4.600 4.600 0 0 0 13 4.500l-1 1M14 10a4.500 4.500 0 0 0-6.500 0l-3 3A4.600 4.600 0 0 0 11 19.500l1-1",
  copy: "M8 8h12v12H8V8ZM16 8V4H4v12h4",
  brush: "M20 4 10 14M10 14c-2-1-4 0-4.500 2S4 19 3 19.500c3 1.200 8 .8 8.500-2.500M10 14l1.500 3",
  lock: "M6 11h12v9H6v-9ZM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  check: "M5 12.500l5 5L19.500 7",
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
