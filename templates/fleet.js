(() => {
  "use strict";
  const form = document.getElementById("filter");
  const found = document.getElementById("found");
  const rows = Array.from(document.querySelectorAll(".environment"), (element) => ({
    element,
    state: element.dataset.state,
    text: element.textContent.toLowerCase(),
  }));
  const apply = () => {
    const state = form.elements.state.value;
    const words = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      row.element.hidden = Boolean(state && row.state !== state) || !words.every((word) => row.text.includes(word));
      shown += row.element.hidden ? 0 : 1;
    }
    found.textContent = `${shown} of ${rows.length} environments`;
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
