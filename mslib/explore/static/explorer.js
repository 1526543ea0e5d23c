/* The interactive figure of a static page: every state was drawn by Python; this script only chooses and shows it. */
(() => {
  "use strict";
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const inflate = async (text) => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  };
  /* A number as readers write it: 0.3, 0,3, 7e7, 7×10⁷, 10⁹, 10^9. */
  const number = (text) => Number(text.replace(",", ".").replace("−", "-")
    .replace(/[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+/, (power) => "^" + [...power].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c)).join("").replace("-1", "-"))
    .replace(/(?:([\d.]+)\s*[×x*]\s*)?10\s*\^\s*(-?\d+)/, (_, factor = "1", power) => `${factor}e${power}`));
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const save = (name, type, text) => {
    const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  /* Same as mslib.explore.bake.decode. */
  const decode = (baked, chosen) => {
    const rows = chosen.map((state, group) => baked.states[group][state]);
    const next = rows.map(() => 1);
    const parts = baked.skeletons[rows[0][0]];
    return baked.owners[rows[0][0]].reduce(
      (text, owner, slot) => text + baked.texts[rows[owner][next[owner]++]] + parts[slot + 1], parts[0]);
  };

  /* Read the data of the drawn curves back from the picture: panel, curve, x, y in the units of the axes. */
  const table = (svg) => {
    const axes = JSON.parse(svg.dataset.axes), rows = [["panel", "curve", "x", "y"]];
    const value = ([from, to, low, high, scale], position) => {
      const share = (position - from) / (to - from);
      return scale === "log" ? low * (high / low) ** share : low + (high - low) * share;
    };
    for (const series of svg.querySelectorAll("[data-series]")) {
      const [, panel, label] = series.dataset.series.match(/^(\d+):(.*)$/s);
      const add = (x, y) => rows.push([+panel + 1, JSON.stringify(label),
        value(axes[panel].x, x).toPrecision(6), value(axes[panel].y, y).toPrecision(6)]);
      const marks = series.querySelectorAll("use");
      if (marks.length) marks.forEach((use) => add(+use.getAttribute("x"), +use.getAttribute("y")));
      else for (const path of series.querySelectorAll("path"))
        for (const [, x, y] of path.getAttribute("d").matchAll(/[ML] *(-?[\d.]+)[ ,]+(-?[\d.]+)/g)) add(+x, +y);
    }
    const names = axes.map((a, i) => `# panel ${i + 1}: x = ${a.x[5]}, y = ${a.y[5]}`);
    return [...names, "# read from the drawn curves, accurate to the width of a line", ...rows.map((r) => r.join(","))].join("\n");
  };

  /* On a narrow screen two panels side by side become two pictures, one below the other. */
  const stack = (view) => {
    const svg = view.querySelector("svg[data-gap]");
    if (!svg || !matchMedia("(max-width: 640px)").matches) return;
    const { width, height } = svg.viewBox.baseVal, gap = +svg.dataset.gap, second = svg.cloneNode(true);
    for (const name of ["role", "aria-label", "data-axes", "data-gap"]) second.removeAttribute(name);
    second.setAttribute("aria-hidden", "true");
    svg.setAttribute("viewBox", `0 0 ${gap} ${height}`);
    second.setAttribute("viewBox", `${gap} 0 ${width - gap} ${height}`);
    svg.after(second);
    const widest = Math.max(gap, width - gap);
    svg.style.width = `${100 * gap / widest}%`;
    second.style.width = `${100 * (width - gap) / widest}%`;
    view.classList.add("ms-stacked");
  };

  class Explorer extends HTMLElement {
    async connectedCallback() {
      if (this.spec) return;
      this.spec = JSON.parse(this.querySelector(".ms-spec").textContent);
      this.view = this.querySelector(".ms-view");
      this.at = this.spec.sliders.map((slider) => slider.start);
      this.baked = await inflate(this.querySelector(".ms-frames").textContent);
      this.build();
      this.restore();
      addEventListener("hashchange", () => this.restore());
      this.dataset.ready = "true";
    }

    build() {
      this.inputs = this.spec.sliders.map((slider, i) => this.slider(slider, i));
      this.spoken = make("p", { className: "ms-spoken" });
      this.spoken.setAttribute("aria-live", "polite");
      this.notice = make("output", { className: "ms-notice" });
      const controls = make("div", { className: "ms-controls", role: "group" }, ...this.inputs.map((i) => i.row));
      controls.setAttribute("aria-label", "Parameters");
      const figure = this.querySelector("figure");
      figure.before(...this.prediction(), controls);
      figure.after(this.toolbar(), this.spoken);
    }

    slider(slider, i) {
      const id = `${this.id}-${slider.name}`, last = slider.stops.length - 1;
      const range = make("input", { type: "range", id, min: 0, max: last, step: 1, value: slider.start });
      const entry = make("input", { type: "text", inputMode: "decimal", className: "ms-entry", autocomplete: "off" });
      entry.setAttribute("aria-label", `${slider.label}: type a value${slider.unit ? ` in ${slider.unit}` : ""}`);
      range.addEventListener("input", () => this.move(i, +range.value));
      entry.addEventListener("change", () => this.typed(i, entry));
      const label = make("label", { htmlFor: id }, `${slider.label}, `, make("var", { innerHTML: slider.symbol }));
      const row = make("div", { className: "ms-slider" }, label, range, entry, make("span", { className: "ms-unit" }, slider.unit));
      return { range, entry, row };
    }

    prediction() {
      const { question, choices, answer, right, after } = this.spec;
      if (!question) return [];
      const form = make("form", { className: "ms-predict" }), set = make("fieldset", {}, make("legend", {}, "Predict first"));
      set.append(make("p", {}, question));
      const name = `${this.id}-prediction`;
      if (choices.length) for (const text of choices)
        set.append(make("label", {}, make("input", { type: "radio", name, value: text, required: true }), ` ${text}`));
      else set.append(make("label", {}, "Your prediction ", make("input", { type: "text", name, required: true })));
      const button = make("button", { type: "submit" }, "Commit"), verdict = make("output", {});
      form.append(set, button, verdict);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.committed = new FormData(form).get(name);
        set.disabled = button.disabled = true;
        verdict.textContent = `You predict: ${this.committed} Now move a slider and see.`;
        this.reveal = (name) => {
          if (!after.includes(name)) return;
          const mark = !right ? "" : this.committed === right ? "✓ " : "✗ ";
          verdict.textContent = `${mark}You predicted: ${this.committed} ${answer}`;
          this.reveal = null;
        };
      });
      return [form];
    }

    toolbar() {
      const button = (text, action) => {
        const b = make("button", { type: "button" }, text);
        b.addEventListener("click", action);
        return b;
      };
      const copy = (text, what) => navigator.clipboard.writeText(text).then(
        () => this.say(`${what} copied.`), () => this.say(text));
      const bar = make("div", { className: "ms-toolbar", role: "toolbar" });
      bar.setAttribute("aria-label", "Figure");
      if (this.spec.play) bar.append(this.player = button("Play", () => this.play()));
      bar.append(
        button("Reset", () => this.go(this.spec.sliders.map((s) => s.start))),
        button("Copy link", () => copy(this.link(), "Link")),
        button("Copy as Python", () => copy(this.python(), "Python")),
        button("Picture (SVG)", () => save(`${this.id}.svg`, "image/svg+xml", this.picture())),
        button("Data (CSV)", () => save(`${this.id}.csv`, "text/csv", table(this.view.querySelector("svg")))),
        this.notice);
      return bar;
    }

    say(text) { this.notice.textContent = text; }

    typed(i, entry) {
      const wanted = number(entry.value);
      const { stops, texts, unit } = this.spec.sliders[i];
      if (entry.value.trim() === "" || !Number.isFinite(wanted)) {
        this.say(`“${entry.value}” is not a number.`);
        return this.show();
      }
      const ratio = stops[0] > 0 && wanted > 0;
      const distance = (stop) => Math.abs(ratio ? Math.log(stop / wanted) : stop - wanted);
      const nearest = stops.reduce((best, stop, j) => (distance(stop) < distance(stops[best]) ? j : best), 0);
      if (stops[nearest] !== wanted) this.say(`Nearest drawn value: ${texts[nearest]} ${unit}`);
      else this.say("");
      this.move(i, nearest);
    }

    move(i, stop) {
      this.at[i] = stop;
      if (this.reveal) this.reveal(this.spec.sliders[i].name);
      this.show();
    }

    go(stops) {
      this.at = stops;
      this.show();
    }

    show() {
      const chosen = this.spec.groups.map((group) =>
        group.reduce((index, i) => index * this.spec.sliders[i].stops.length + this.at[i], 0));
      this.html = decode(this.baked, chosen);
      this.view.innerHTML = this.html;
      stack(this.view);
      this.inputs.forEach(({ range, entry }, i) => {
        const { texts, unit } = this.spec.sliders[i];
        range.value = this.at[i];
        range.setAttribute("aria-valuetext", `${texts[this.at[i]]} ${unit}`);
        entry.value = texts[this.at[i]];
      });
      clearTimeout(this.telling);
      this.telling = setTimeout(() => {
        this.spoken.textContent = this.view.querySelector("[aria-label]").getAttribute("aria-label");
      }, 500);
    }

    values() {
      return this.spec.sliders.map((slider, i) => [slider.name, slider.stops[this.at[i]]]);
    }

    link() {
      const query = this.values().map(([name, value]) => `${name}=${value}`).join("&");
      return `${location.href.split("#")[0]}#${this.id}?${query}`;
    }

    restore() {
      const [id, query] = decodeURIComponent(location.hash.slice(1)).split("?");
      const wanted = id === this.id && query ? new URLSearchParams(query) : null;
      if (wanted) this.spec.sliders.forEach((slider, i) => {
        const stop = slider.stops.indexOf(Number(wanted.get(slider.name)));
        if (stop >= 0) this.at[i] = stop;
      });
      this.show();
      if (wanted) this.scrollIntoView();
    }

    python() {
      const { module, model, fixed } = this.spec;
      const all = [...Object.entries(fixed), ...this.values()].map(([name, value]) => `${name}=${value}`);
      return `from ${module} import ${model}\nmodel = ${model}(${all.join(", ")})\nprint(model.describe())\n`;
    }

    picture() {
      const svg = make("div", { innerHTML: this.html }).querySelector("svg");
      for (const name of ["data-axes", "data-gap"]) svg.removeAttribute(name);
      svg.setAttribute("font-family", "DejaVu Sans, Verdana, sans-serif");
      return new XMLSerializer().serializeToString(svg).replace(/var\(--ms-\w+, (#\w+)\)/g, "$1");
    }

    play() {
      const i = this.spec.sliders.findIndex((slider) => slider.name === this.spec.play);
      const count = this.spec.sliders[i].stops.length;
      const step = () => this.move(i, (this.at[i] + 1) % count);
      if (calm()) return step();
      const stop = () => {
        clearInterval(this.playing);
        this.playing = null;
        this.player.textContent = "Play";
      };
      if (this.playing) return stop();
      if (this.at[i] === count - 1) this.move(i, 0);
      this.player.textContent = "Pause";
      this.playing = setInterval(() => (this.at[i] === count - 1 || calm() ? stop() : step()), 250);
    }
  }
  customElements.define("mslib-explorer", Explorer);
  document.querySelectorAll(".ms-figure .ms-view").forEach(stack);
})();
