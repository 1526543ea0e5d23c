/* Filters of the learning map: which chapters join a scale, need only known mathematics, and fit into the time. */
(() => {
  "use strict";
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const words = (text) => text.split(",").map((word) => word.trim());
  const distinct = (lists) => [...new Set(lists.flat())];

  const choice = (label, any, options) => {
    const select = make("select", {}, make("option", { value: "" }, any),
      ...options.map(([value, text]) => make("option", { value }, text)));
    return { select, row: make("label", {}, `${label} `, select) };
  };

  const filter = (map) => {
    const bridges = map.querySelectorAll(".ms-map a");
    const chapters = [...map.querySelectorAll("tbody tr")].map((row, i) => {
      const [, joins, , mathematics, minutes] = [...row.cells].map((cell) => cell.textContent.trim());
      return { row, bridge: bridges[i], joins: words(joins), mathematics: words(mathematics), minutes: +minutes };
    });
    const present = distinct(chapters.map((chapter) => chapter.joins));
    const scales = [...map.querySelectorAll(".ms-map__scale")].map((t) => t.textContent).filter((s) => present.includes(s));
    const scale = choice("Joins", "any scales", scales.map((s) => [s, s]));
    const times = distinct(chapters.map((chapter) => chapter.minutes)).sort((a, b) => a - b);
    const time = choice("Takes", "any time", times.map((minutes) => [minutes, `at most ${minutes} min`]));
    const boxes = distinct(chapters.map((chapter) => chapter.mathematics)).sort()
      .map((name) => make("input", { type: "checkbox", checked: true, value: name }));
    const known = make("fieldset", {}, make("legend", {}, "Mathematics that you have met"),
      ...boxes.map((box) => make("label", {}, box, ` ${box.value}`)));
    const count = make("output");
    const show = () => {
      const unknown = boxes.filter((box) => !box.checked).map((box) => box.value);
      const fits = chapters.filter((chapter) => {
        const off = (scale.select.value && !chapter.joins.includes(scale.select.value))
          || (time.select.value && chapter.minutes > +time.select.value)
          || chapter.mathematics.some((name) => unknown.includes(name));
        chapter.row.hidden = off;
        chapter.bridge.classList.toggle("ms-map__off", off);
        return !off;
      });
      count.textContent = `${fits.length} of ${chapters.length} chapters`;
    };
    const form = make("form", { className: "ms-filter" }, scale.row, time.row, known, count);
    form.setAttribute("aria-label", "Choose chapters");
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
    map.prepend(form);
    map.dataset.ready = "true";
  };
  document.querySelectorAll(".ms-learning-map").forEach(filter);
})();
