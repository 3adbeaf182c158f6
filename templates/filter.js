(() => {
  "use strict";
  const form = document.getElementById("filter");
  const found = document.getElementById("found");
  const read = (element) => ({
    element,
    status: element.dataset.status,
    text: element.textContent.toLowerCase(),
  });
  const checks = Array.from(document.querySelectorAll(".check"), read);
  const rows = Array.from(document.querySelectorAll(".report .data tbody tr"), read);
  const counted = checks.filter((check) => !check.element.closest("[data-repeats]"));
  const show = (items, fits) => {
    let shown = 0;
    for (const item of items) {
      item.element.hidden = !fits(item);
      shown += item.element.hidden ? 0 : 1;
    }
    return shown;
  };
  const apply = () => {
    const status = form.elements.status.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const says = (item) => words.every((word) => item.text.includes(word));
    const shown = show(checks, (check) => (!status || check.status === status) && says(check));
    const listed = show(rows, says);
    const visible = words.length ? ".check:not([hidden]), .data tbody tr:not([hidden])" : ".check:not([hidden])";
    for (const report of document.querySelectorAll(".report")) {
      report.classList.toggle("emptied", Boolean(status || words.length) && !report.querySelector(visible));
    }
    const own = counted.filter((check) => !check.element.hidden).length;
    const again = shown > own ? `, and ${shown - own} that repeat them` : "";
    const told = `${own} of ${counted.length} checks${again}`;
    found.textContent = words.length ? `${told}, ${listed} of ${rows.length} rows` : told;
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
