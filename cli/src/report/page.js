"use strict";
(() => {
  const findings = [...document.querySelectorAll(".finding")];
  const lines = new Map([...document.querySelectorAll(".list tr[data-of]")].map((row) => [row.dataset.of, row]));
  const search = document.getElementById("search");
  const count = document.getElementById("count");
  const all = (open) => findings.forEach((finding) => { finding.open = open; });
  // A link to a finding, or to something inside one, unfolds it.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target && target.matches(".way")) { target.open = true; }
    const finding = target && target.closest(".finding");
    if (finding) { finding.open = true; finding.scrollIntoView(); }
  };
  const firstLines = () => document.querySelectorAll(".finding[open] .first").forEach((row) => {
    const box = row.closest(".scroll");
    if (box) { box.scrollTop = row.offsetTop - box.clientHeight / 2; }
  });
  const filter = () => {
    const wanted = search.value.trim().toLowerCase();
    let shown = 0;
    for (const finding of findings) {
      const fits = wanted === "" || finding.textContent.toLowerCase().includes(wanted);
      finding.hidden = !fits;
      const line = lines.get(finding.id);
      if (line) { line.hidden = !fits; }
      shown += fits ? 1 : 0;
      for (const row of finding.querySelectorAll(".runs tbody tr")) {
        row.classList.toggle("hit-by-search", wanted !== "" && row.textContent.toLowerCase().includes(wanted));
      }
    }
    count.textContent = wanted === "" ? "" : `${shown} of ${findings.length}`;
  };
  if (search) {
    search.addEventListener("input", filter);
    document.getElementById("unfold").addEventListener("click", () => all(true));
    document.getElementById("fold").addEventListener("click", () => all(false));
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLInputElement;
      if (event.key === "/" && !typing) { event.preventDefault(); search.focus(); }
      if (event.key === "Escape" && typing) { search.value = ""; filter(); search.blur(); }
    });
  }
  findings.forEach((finding) => finding.addEventListener("toggle", firstLines));
  addEventListener("hashchange", reveal);
  reveal();
})();
