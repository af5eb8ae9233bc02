// Shows what a mark stands for beside the pointer, and turns panels of which
// the reader wants one into a list to choose from. Without it every panel is
// shown and the tables hold every number.
"use strict";
(function () {
  const tip = document.getElementById("tip");
  document.addEventListener("pointermove", function (e) {
    const text = e.target.getAttribute && e.target.getAttribute("data-tip");
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const left = Math.min(e.clientX + 14, document.documentElement.clientWidth - tip.offsetWidth - 8);
    tip.style.left = Math.max(left, 4) + "px";
    tip.style.top = (e.clientY + 18 + tip.offsetHeight > window.innerHeight ? e.clientY - tip.offsetHeight - 8 : e.clientY + 18) + "px";
  });
  document.querySelectorAll(".choose").forEach(function (box, n) {
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
