// What the pages do in the browser beside htmx. Everything works without it, by loading pages.
"use strict";

// A pressed button shows it at once, and a form that is on its way is not sent again.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

// Where tabs do not fit, the one that is open is in sight.
for (const tab of document.querySelectorAll(".tabs [aria-current]")) {
  const tabs = tab.parentElement;
  tabs.scrollLeft = tab.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - tab.offsetWidth) / 2;
}

// What is typed anew is not what was refused.
document.addEventListener("input", (event) => event.target.removeAttribute("aria-invalid"));

// Menus close when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, select, textarea, [contenteditable]");
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    if (document.activeElement.matches(".hint")) document.activeElement.blur();
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
  if (event.key === "s") document.querySelector("[data-synchronize]")?.focus(); // Enter, then, is the confirmation
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll("tbody a[data-row]")];
    const next = links.indexOf(document.activeElement) + (event.key === "j" ? 1 : -1);
    if (links[next]) links[next].focus();
  }
});

// A box that ticks all others of its table.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-ticks-all]")) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]:not(:disabled)")) {
    box.checked = event.target.checked;
  }
});

// A token behind the number sign of the sign-in's address was printed at a terminal; it never travels in an address.
const token = document.querySelector("input[data-from-address]");
if (token && location.hash.length > 1) {
  token.value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname + location.search);
}

// What changes by itself waits while somebody is at work in it: nothing jumps under the pointer.
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  const atWork = part.querySelector("details.menu[open], input:checked") || (part.contains(document.activeElement) && document.activeElement.matches("input, select"));
  const told = document.documentElement.dataset.live; // then live.js says when there is something to ask for
  if ((atWork || told) && part.getAttribute("hx-trigger")?.startsWith("every")) event.preventDefault();
});

// A hint stays whole: it leaves the table that it stands in, which would cut it off.
for (const moment of ["mouseover", "focusin"]) {
  document.addEventListener(moment, (event) => {
    const hint = event.target.closest?.(".hint");
    const text = hint?.querySelector("[role=tooltip]");
    if (!text) return;
    text.style.position = "fixed";
    const place = hint.getBoundingClientRect();
    const left = Math.max(8, Math.min(place.left, window.innerWidth - text.offsetWidth - 8));
    const below = place.bottom + text.offsetHeight < window.innerHeight;
    text.style.left = `${left}px`;
    text.style.right = "auto";
    text.style.top = `${below ? place.bottom : place.top - text.offsetHeight}px`;
  });
}
