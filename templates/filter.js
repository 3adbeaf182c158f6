(() => {
  "use strict";
  const form = document.getElementById("filter");
  const found = document.getElementById("found");
  const checks = Array.from(document.querySelectorAll(".check"), (element) => ({
    element,
    status: element.dataset.status,
    text: element.textContent.toLowerCase(),
  }));
  const apply = () => {
    const status = form.elements.status.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const check of checks) {
      const fits = (!status || check.status === status) && words.every((word) => check.text.includes(word));
      check.element.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    for (const report of document.querySelectorAll(".report")) {
      report.classList.toggle("emptied", !report.querySelector(".check:not([hidden])"));
    }
    found.textContent = `${shown} of ${checks.length} checks`;
  };
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target && target.hidden) {
      form.reset();
      apply();
      target.scrollIntoView();
    }
  };
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", reveal);
  form.hidden = false;
  apply();
})();
