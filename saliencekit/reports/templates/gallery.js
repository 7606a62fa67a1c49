"use strict";
(() => {
  const cards = document.getElementById("cards");
  if (!cards) return;
  const all = [...cards.children];
  const one = (id) => document.getElementById(id);
  const filters = [...document.querySelectorAll("#gallery select.filter")];
  const [sort, view, told, none, viewer, large] = ["sort", "view", "told", "none", "viewer", "large"].map(one);
  const visible = () => [...cards.children].filter((card) => !card.hidden);
  const alphabet = new Intl.Collator(undefined, { numeric: true });

  function arrange() {
    const backwards = sort.value.startsWith("-") ? -1 : 1;
    const field = sort.value.replace("-", "");
    const rank = (a, b) => field === "image"
      ? alphabet.compare(a.dataset.image, b.dataset.image)
      : backwards * (Number(a.dataset[field]) - Number(b.dataset[field]));
    all.sort((a, b) => rank(a, b) || Number(a.dataset.order) - Number(b.dataset.order));
    for (const card of all) {
      card.hidden = filters.some((each) => each.value !== "" && card.dataset[each.dataset.field] !== each.value);
    }
    cards.append(...all);
    cards.dataset.view = view.value;
    const count = visible().length;
    none.hidden = count > 0;
    told.textContent = `${count} of ${all.length} images`;
  }

  const views = ["image", "over", "map"];
  let at = null;

  function look(name) {
    large.dataset.view = name;
    for (const button of viewer.querySelectorAll("button[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === name));
    }
  }

  function show(card) {
    const pair = card && card.querySelector(".pair");
    if (!pair) return;
    at = card;
    large.style.cssText = pair.style.cssText;
    large.classList.toggle("small", pair.classList.contains("small"));
    large.querySelector("img").src = pair.querySelector("img").src;
    one("viewer-name").replaceChildren(...[...card.querySelector("figcaption").childNodes].map((n) => n.cloneNode(true)));
    if (!viewer.open) viewer.showModal();
  }

  function step(by) {
    const shown = visible().filter((card) => card.querySelector(".pair"));
    show(shown[(shown.indexOf(at) + by + shown.length) % shown.length]);
  }

  for (const control of [sort, view, ...filters]) control.addEventListener("change", arrange);
  one("reset").addEventListener("click", () => {
    for (const control of [sort, view, ...filters]) control.selectedIndex = 0;
    arrange();
  });
  cards.addEventListener("click", (event) => {
    const pair = event.target.closest(".pair");
    if (pair) show(pair.closest(".card"));
  });
  large.addEventListener("click", () => look(views[(views.indexOf(large.dataset.view) + 1) % views.length]));
  viewer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (event.target === viewer || (button && "close" in button.dataset)) viewer.close();
    else if (button && button.dataset.step) step(Number(button.dataset.step));
    else if (button && button.dataset.view) look(button.dataset.view);
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const keys = { ArrowLeft: () => step(-1), ArrowRight: () => step(1) };
    for (const name of views) keys[name[0]] = () => look(name);
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  });
  viewer.addEventListener("close", () => at && at.querySelector(".pair").focus());
  look("over");
  document.querySelector("#gallery .controls").hidden = false;
  arrange();
})();
