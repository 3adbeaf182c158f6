(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const signedIn = $("signed-in");
  const roles = signedIn.dataset.roles.split(" ");
  const IDLE = 30 * 60 * 1000;
  const SHOWN = 15;
  // What the server rendered is the only text that is read as HTML; all else is text.
  const policy = window.trustedTypes
    ? trustedTypes.createPolicy("fragment", { createHTML: (text) => text })
    : { createHTML: (text) => text };
  const parse = (text) => new DOMParser().parseFromString(policy.createHTML(text), "text/html").body.childNodes;
  let token = "";
  let idle = 0;
  let asking = 0;

  class Refused extends Error {
    constructor(status, faults) {
      super(faults.join("; "));
      this.status = status;
      this.faults = faults;
    }
  }

  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");

  const faultsOf = async (response) => {
    try {
      const { faults } = await response.json();
      if (Array.isArray(faults) && faults.length) return faults.map(String);
    } catch {
      // said below
    }
    return [`server: found the answer ${response.status} without a reason; ask again, or look at its log`];
  };

  const ask = async (path, { body, key, accept = "application/json" } = {}) => {
    const headers = { Authorization: `Bearer ${token}`, Accept: accept };
    if (body) headers["Content-Type"] = "application/json";
    if (key) headers["Idempotency-Key"] = key;
    const sent = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) };
    let response;
    clearTimeout(idle);
    idle = setTimeout(() => signOut("Signed out: nothing was asked for half an hour."), IDLE);
    try {
      response = await fetch(path, { ...sent, cache: "no-store", credentials: "omit", redirect: "error" });
    } catch {
      throw new Refused(0, ["server: found no answer, wanted one; ask again: what was done already is not done twice"]);
    }
    if (response.ok) return response;
    const refused = new Refused(response.status, await faultsOf(response));
    if (response.status === 401) signOut("", refused.faults);
    throw refused;
  };

  const about = (path) => `${path}?environment=${encodeURIComponent($("environment").value)}`;
  const say = (text) => { $("told").textContent = text; };
  const complain = (list, faults) => {
    list.replaceChildren(...faults.map((fault) => Object.assign(document.createElement("li"), { textContent: fault })));
  };
  const told = (list, error) => {
    if (!(error instanceof Refused)) throw error;
    complain(list, error.faults);
  };

  const signOut = (why = "", faults = []) => {
    token = "";
    asking += 1;
    clearTimeout(idle);
    for (const dialog of document.querySelectorAll("dialog")) {
      if (dialog.open) dialog.close();
      reset(dialog.querySelector("form"));
      dialog.querySelector("form").reset();
    }
    signedIn.hidden = $("desk").hidden = $("parts").hidden = true;
    for (const id of ["panel", "environment"]) $(id).replaceChildren();
    for (const id of ["about-caller", "about-time"]) $(id).textContent = "";
    $("sign-in").hidden = false;
    say(why);
    complain($("faults"), faults);
    $("token-form").elements.token.focus();
  };

  const allow = (role) => {
    for (const button of signedIn.querySelectorAll("button[data-role]")) {
      button.disabled = roles.indexOf(role) < roles.indexOf(button.dataset.role);
      $(button.getAttribute("aria-describedby")).hidden = !button.disabled;
    }
  };

  const signIn = async (event) => {
    event.preventDefault();
    const field = $("token-form").elements.token;
    token = field.value.trim();
    field.value = "";
    complain($("faults"), []);
    say("");
    try {
      const answer = await (await ask(signedIn.dataset.environments)).json();
      $("environment").replaceChildren(...answer.environments.map(({ name, mode }) => new Option(`${name} (${mode})`, name)));
      const wanted = location.hash.slice(1);
      if (answer.environments.some(({ name }) => encodeURIComponent(name) === wanted)) $("environment").value = decodeURIComponent(wanted);
      $("about-caller").textContent = `${answer.caller}, role ${answer.role}`;
      allow(answer.role);
    } catch (error) {
      token = "";
      told($("faults"), error);
      field.focus();
      return;
    }
    $("sign-in").hidden = true;
    signedIn.hidden = $("desk").hidden = $("parts").hidden = false;
    $("environment").focus();
    await show();
  };

  const mark = () => {
    for (const link of $("parts").querySelectorAll("a")) {
      const tag = document.querySelector(`${link.hash} > h2 .tag`);
      const sign = link.querySelector(".mark");
      sign.className = `mark ${tag ? tag.classList[1] : ""}`;
      sign.textContent = tag ? tag.firstElementChild.textContent : "";
      const word = link.querySelector(".unseen");
      if (word) word.textContent = tag ? `:${tag.lastChild.textContent}` : "";
    }
  };

  const filter = (all = false) => {
    const kind = $("kind");
    const rows = Array.from(document.querySelectorAll("#records tr"));
    const fitting = rows.filter((row) => !kind.value || row.dataset.kind === kind.value);
    const most = all || kind.value ? rows.length : SHOWN;
    for (const row of rows) row.hidden = true;
    for (const row of fitting.slice(0, most)) row.hidden = false;
    const shown = Math.min(most, fitting.length);
    $("kind-told").textContent = kind.value ? kind.selectedOptions[0].dataset.told : `${shown} of ${rows.length} rows`;
    if ($("more")) $("more").hidden = shown === fitting.length;
  };

  const show = async (section = "") => {
    const mine = ++asking;
    const kind = $("kind") ? $("kind").value : "";
    signedIn.setAttribute("aria-busy", "true");
    try {
      const text = await (await ask(about(signedIn.dataset.panel), { accept: "text/html" })).text();
      if (mine !== asking) return;
      const opened = Array.from(document.querySelectorAll("#panel details[open] > summary"), (one) => one.textContent);
      $("panel").replaceChildren(...parse(text));
      for (const one of document.querySelectorAll("#panel details > summary")) {
        if (opened.includes(one.textContent)) one.parentElement.open = true;
      }
      complain($("faults"), []);
      $("about-time").textContent = ` · as of ${$("state").dataset.asOf}`;
      for (const select of document.querySelectorAll("select[name=choice]")) {
        select.replaceChildren(...Array.from($("choices").options, (one) => one.cloneNode(true)));
      }
      $("kind").value = kind;
      if ($("kind").selectedIndex < 0) $("kind").value = "";
      $("kind").addEventListener("input", () => filter());
      if ($("more")) $("more").addEventListener("click", () => { filter(true); $("kind").focus(); });
      filter();
      mark();
      if (section) {
        $(`${section}-title`).focus();
        $(section).scrollIntoView();
      }
    } catch (error) {
      if (mine !== asking) return;
      $("panel").replaceChildren();
      told($("faults"), error);
    } finally {
      if (mine === asking) signedIn.removeAttribute("aria-busy");
    }
  };

  const save = (name, text) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
    link.download = `${$("environment").value}-${name}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    return link.download;
  };

  const read = async (button) => {
    const { path, reads, saves } = button.dataset;
    button.disabled = true;
    try {
      const report = await (await ask(about(path))).json();
      say(saves ? `Saved as ${save(saves, report.markdown)}` : `${button.textContent}: ${report.summary}.`);
      complain($("faults"), []);
      if (!saves) await show(reads);
    } catch (error) {
      told($("faults"), error);
    } finally {
      button.disabled = false;
      if (saves) button.focus();
    }
  };

  // One form of an action: dry first; what is confirmed has a key of its own, made when it is first shown.
  const keys = new WeakMap();
  const part = (form, selector) => form.querySelector(selector);
  const reset = (form) => {
    keys.delete(form);
    part(form, ".result").replaceChildren();
    complain(part(form, ".faults"), []);
    part(form, "[data-confirm]").hidden = true;
  };

  const valuesOf = (form) => {
    const values = {};
    let path = form.dataset.path;
    for (const field of form.elements) {
      if (field.name === "choice") {
        const chosen = field.selectedOptions[0].dataset;
        for (const [name, value] of Object.entries(chosen)) {
          if (path.includes(`{${name}}`)) path = path.replace(`{${name}}`, encodeURIComponent(value));
          else values[name] = value;
        }
      } else if (field.type === "checkbox") values[field.name] = field.checked;
      else if (field.type === "number") { if (field.value) values[field.name] = Number(field.value); }
      else if (field.name && field.value) values[field.name] = field.value;
    }
    return { path, values };
  };

  const act = async (form, execute) => {
    if (form.ariaBusy === "true") return;
    const confirm = part(form, "[data-confirm]");
    const result = part(form, ".result");
    const { path, values } = valuesOf(form);
    const key = execute ? keys.get(form) : "recordsDry" in form.dataset ? newKey() : "";
    if (execute && !key) return;
    form.ariaBusy = "true";
    complain(part(form, ".faults"), []);
    try {
      const response = await ask(about(path), { body: { ...values, execute }, key, accept: "text/html" });
      result.replaceChildren(...parse(await response.text()));
      if (execute) {
        keys.delete(form);
        confirm.hidden = true;
      } else {
        keys.set(form, newKey());
        confirm.hidden = false;
      }
      result.focus();
      if (key) show();
    } catch (error) {
      told(part(form, ".faults"), error);
      if (!execute || (error.status >= 400 && error.status < 500 && error.status !== 429)) {
        keys.delete(form);
        confirm.hidden = true;
        result.replaceChildren();
        part(form, "[type=submit]").focus();
      }
    } finally {
      form.ariaBusy = null;
    }
  };

  const open = (dialog) => {
    const form = part(dialog, "form");
    reset(form);
    part(form, "[data-environment]").textContent = $("environment").value;
    const choice = form.elements.choice;
    if (choice && !choice.options.length) {
      complain(part(form, ".faults"), ["Route: found none whose next retry waits, or no recorded plan; plan the retries first"]);
    }
    part(form, "[type=submit]").disabled = Boolean(choice && !choice.options.length);
    dialog.showModal();
  };

  $("token-form").addEventListener("submit", signIn);
  $("sign-out").addEventListener("click", () => signOut("Signed out."));
  $("refresh").addEventListener("click", async () => { say(""); await show(); });
  $("environment").addEventListener("change", async () => {
    history.replaceState(null, "", `#${encodeURIComponent($("environment").value)}`);
    say("");
    $("panel").replaceChildren();
    await show();
  });
  for (const button of signedIn.querySelectorAll("[data-reads]")) button.addEventListener("click", () => read(button));
  for (const button of signedIn.querySelectorAll("[data-dialog]")) button.addEventListener("click", () => open($(button.dataset.dialog)));
  for (const dialog of document.querySelectorAll("dialog")) {
    const form = part(dialog, "form");
    form.addEventListener("input", () => reset(form));
    form.addEventListener("submit", (event) => { event.preventDefault(); act(form, false); });
    part(form, "[data-confirm]").addEventListener("click", () => act(form, true));
    part(form, "[data-close]").addEventListener("click", () => dialog.close());
  }
  $("token-form").elements.token.focus();
})();
