// What somebody types stays in this tab until it has arrived: a session that ended in between costs no words.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const DRAFT = "draft ", SENT = "sent-draft";
  const KEPT = "textarea, select, input:is([type=text], [type=search], [type=tel], [type=number], [type=date], :not([type])):not([autocomplete=one-time-code])";
  const who = document.body.dataset.who;
  const mine = `${DRAFT}${who} `;
  const keyOf = (form) => mine + new URL(form.action).pathname;
  const forget = (goes) => Object.keys(sessionStorage).filter((key) => key.startsWith(DRAFT) && goes(key))
    .forEach((key) => sessionStorage.removeItem(key));

  // ---- has the last one arrived? A page that asks for a password, or a failure, says that it has not.
  const sent = sessionStorage.getItem(SENT);
  const status = performance.getEntriesByType("navigation")[0]?.responseStatus ?? 200;
  if (sent && status < 400 && !document.querySelector("main input[type=password]")) sessionStorage.removeItem(sent);
  sessionStorage.removeItem(SENT);
  if (!who) return;
  forget((key) => !key.startsWith(mine));

  // ---- kept while it is typed
  const fieldsOf = (form) => [...form.querySelectorAll(KEPT)].filter((field) => field.name);
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[method=post]");
    if (!form || !event.target.matches(KEPT)) return;
    const typed = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
    try { sessionStorage.setItem(keyOf(form), JSON.stringify(typed)); } catch { /* full: then it is not kept */ }
  });
  document.addEventListener("submit", (event) => {
    if (event.target.action.endsWith("/logout")) forget(() => true);
    else if (sessionStorage.getItem(keyOf(event.target))) sessionStorage.setItem(SENT, keyOf(event.target));
  });

  // ---- and put back where the same form stands again
  function restore(root) {
    for (const form of root.querySelectorAll("form[method=post]")) {
      const kept = JSON.parse(sessionStorage.getItem(keyOf(form)) ?? "{}");
      const changed = fieldsOf(form).filter((field) => Object.hasOwn(kept, field.name) && field.value !== kept[field.name]);
      for (const field of changed) field.value = kept[field.name];
      if (changed.length === 0 || form.querySelector("[data-restored]")) continue;
      const line = Object.assign(document.createElement("p"), { className: "soft", textContent: document.body.dataset.restored });
      line.dataset.restored = "";
      line.setAttribute("role", "status");
      form.prepend(line);
    }
  }
  restore(document);
  document.addEventListener("htmx:afterSwap", (event) => restore(event.target));
});
