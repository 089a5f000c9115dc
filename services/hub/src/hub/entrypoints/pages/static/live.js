// What changes by itself: one stream says that something on this page has changed, the page reads itself again and puts
// what is new in its place. Only pages that are looked at have a stream: a browser keeps few of them for one site.
"use strict";

(() => {
  const main = document.querySelector("main[data-follows]");
  const subjects = main?.dataset.follows.split(" ").filter(Boolean) ?? [];
  if (!subjects.length || !window.EventSource) return;

  const BETWEEN = 600;
  const LATER = 2_000;
  const TRY_AGAIN = [2_000, 5_000, 15_000, 60_000];
  let mark = document.body.dataset.mark;
  let stream = null;
  let failures = 0;
  let reading = false;
  let wanted = false;
  let readAt = -BETWEEN;

  const follow = () => {
    if (stream || document.hidden) return;
    stream = new EventSource(`/changes?${new URLSearchParams([["since", mark], ...subjects.map((on) => ["on", on])])}`);
    stream.addEventListener("open", () => {
      failures = 0;
      document.documentElement.dataset.live = "yes";
    });
    stream.addEventListener("changed", read);
    stream.addEventListener("ended", () => location.reload());
    stream.addEventListener("error", () => {
      delete document.documentElement.dataset.live; // htmx asks every two seconds meanwhile, where something moves
      leave();
      setTimeout(follow, TRY_AGAIN[Math.min(failures++, TRY_AGAIN.length - 1)]);
    });
  };
  const leave = () => {
    stream?.close();
    stream = null;
  };

  // At most one reading at a time, and never one right after another: the last change is always read.
  const read = async () => {
    wanted = true;
    if (reading) return;
    reading = true;
    while (wanted) {
      await new Promise((done) => setTimeout(done, Math.max(0, readAt + BETWEEN - performance.now())));
      wanted = false;
      readAt = performance.now();
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        if (answer.redirected) location.reload();
        else if (answer.ok) show(new DOMParser().parseFromString(await answer.text(), "text/html"));
      } catch {
        // The stream breaks off too, and what was missed is read when it is back: the mark has not moved.
      }
    }
    reading = false;
  };

  const show = (fresh) => {
    mark = fresh.body.dataset.mark;
    let left = false;
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.getElementById(part.id);
      if (!other || part.innerHTML === other.innerHTML) continue;
      if (part.querySelector("tbody") && atWork(part)) merge(part, other);
      else if (atWork(part)) left = true;
      else replace(part, other);
    }
    if (left) setTimeout(read, LATER);
  };

  // Somebody points at a row, has ticked one, opened a menu, or is typing: nothing moves under their hands.
  const atWork = (part) =>
    part.querySelector("tbody tr:hover, details[open], input:checked, .hint:hover") ||
    (part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, tbody *"));

  const replace = (part, other) => {
    const places = [...part.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
    const focused = part.contains(document.activeElement) && document.activeElement.id;
    part.replaceChildren(...other.childNodes);
    [...part.querySelectorAll(".scroll")].forEach((box, index) => box.scrollTo(...(places[index] ?? [0, 0])));
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    window.htmx?.process(part);
  };

  // Cells change in place; rows that came or went are announced.
  const merge = (part, other) => {
    const kept = new Map([...part.querySelectorAll("tbody tr[id]")].map((row) => [row.id, row]));
    let news = 0;
    for (const row of other.querySelectorAll("tbody tr[id]")) {
      const mine = kept.get(row.id);
      kept.delete(row.id);
      if (!mine) news += 1;
      else [...row.cells].forEach((cell, index) => exchange(mine.cells[index], cell.cloneNode(true)));
    }
    for (const gone of kept.values()) gone.classList.add("gone");
    announce(part, other, news + kept.size);
  };
  const exchange = (mine, cell) => {
    if (!mine || mine.outerHTML === cell.outerHTML || mine.contains(document.activeElement)) return;
    if (!mine.querySelector("details[open], input:checked, .hint:hover")) mine.replaceWith(cell);
  };
  const announce = (part, other, count) => {
    part.parentElement.querySelector(`.news[data-of="${part.id}"]`)?.remove();
    if (!count) return;
    const button = document.getElementById("news").content.firstElementChild.cloneNode(true);
    button.dataset.of = part.id;
    button.querySelector(".count").textContent = count;
    button.addEventListener("click", () => {
      button.remove();
      replace(part, other);
    });
    part.before(button);
  };

  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : follow()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", follow);
  follow();
})();
