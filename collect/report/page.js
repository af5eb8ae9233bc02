// Shows what a mark stands for beside the pointer or, in a figure that has the
// focus, by the arrow keys; and turns panels of which the reader wants one into
// a list to choose from. Without it every panel is shown and the tables hold
// every number.
"use strict";
(function () {
  const tip = document.getElementById("tip");
  let here = null; // the mark that the keys are at
  function show(text, x, y) {
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = Math.min(x + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(left, 4) + "px";
    tip.style.top = (y + 18 + tip.offsetHeight > window.innerHeight ? y - tip.offsetHeight - 8 : y + 18) + "px";
  }
  function leave() {
    if (here) here.classList.remove("here");
    here = null;
    show("");
  }
  function middle(mark) {
    const box = mark.getBoundingClientRect();
    return [box.left + box.width / 2, box.top + box.height / 2];
  }
  // The nearest mark in a direction; sideways distance counts four times.
  function next(marks, dx, dy) {
    const from = middle(here);
    let best = null, least = Number.MAX_VALUE;
    marks.forEach(function (mark) {
      const to = middle(mark), x = to[0] - from[0], y = to[1] - from[1];
      const along = x * dx + y * dy, aside = Math.abs(x * dy) + Math.abs(y * dx);
      if (along > 0.5 && along + 4 * aside < least) {
        best = mark;
        least = along + 4 * aside;
      }
    });
    return best || here;
  }
  document.addEventListener("pointermove", function (e) {
    if (here) leave();
    show(e.target.getAttribute && e.target.getAttribute("data-tip"), e.clientX, e.clientY);
  });
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.querySelectorAll(".panel svg").forEach(function (svg) {
    const marks = Array.from(svg.querySelectorAll("[data-tip]"));
    if (!marks.length) return;
    svg.addEventListener("blur", leave);
    svg.addEventListener("keydown", function (e) {
      if (e.key === "Escape") leave();
      if (!arrows[e.key] || e.ctrlKey || e.altKey || e.metaKey) return;
      e.preventDefault();
      const to = here ? next(marks, arrows[e.key][0], arrows[e.key][1]) : marks[0];
      leave();
      here = to;
      here.classList.add("here");
      here.scrollIntoView({ block: "nearest", inline: "nearest" });
      const at = middle(here);
      show(here.getAttribute("data-tip"), at[0], at[1]);
    });
  });
  document.querySelectorAll(".choose").forEach(function (box) {
    const panels = Array.from(box.querySelectorAll(".panel"));
    if (panels.length < 2) return;
    const label = document.createElement("label"), select = document.createElement("select");
    label.textContent = "Which " + box.dataset.choose + "? ";
    panels.forEach(function (panel, i) {
      select.add(new Option(panel.querySelector(".label").textContent, i));
      panel.hidden = i > 0;
    });
    select.addEventListener("change", function () {
      panels.forEach(function (panel, i) { panel.hidden = i !== select.selectedIndex; });
    });
    label.append(select);
    label.className = "chooser";
    box.classList.add("chosen");
    box.before(label);
  });
})();
