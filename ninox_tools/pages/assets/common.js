"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);

/** Make an element; strings become text, so nothing that a user typed can become HTML. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

const number = (value) => Math.ceil(value).toLocaleString("en-US");
const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function themeButton() {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const label = () => (isDark() ? "Light" : "Dark");
  const button = el("button", { title: "Switch between light and dark", onclick: () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    button.textContent = label();
  } }, label());
  return button;
}
