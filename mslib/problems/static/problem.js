/* Self-checks of a static page: the same verdicts as mslib.problems, with no kernel; progress stays in this browser. */
(() => {
  "use strict";
  const STORE = "mslib-progress";
  const make = (tag, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };

  const progress = {
    all() {
      try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch { return {}; }
    },
    note(key, part, right) {
      const all = this.all(), entry = ((all[key] ||= {})[part] ||= { tries: 0, right: false });
      if (!entry.right) entry.tries += 1;
      entry.right ||= right;
      try { localStorage.setItem(STORE, JSON.stringify(all)); } catch { /* private window: nothing is kept */ }
      dispatchEvent(new Event("mslib-progress"));
    },
    erase() {
      try { localStorage.removeItem(STORE); } catch { /* nothing was kept */ }
      dispatchEvent(new Event("mslib-progress"));
    },
  };

  const NUMBER = /^\s*([-+−]?\s*(?:\d{1,3}(?:[, \u00a0\u202f]\d{3})+(?!\d)(?:\.\d+)?|\d*[.,]?\d+)(?:[eE][-+]?\d+)?)\s*(?:[×x*·]\s*10\s*(?:\^|\*\*)?\s*([-+−⁻⁰¹²³⁴⁵⁶⁷⁸⁹\d]+))?([^]*)$/;
  const POWER = /^(\s*[-+−]?\s*)10\s*(?=\^|\*\*|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹])/;
  const GROUPED = /(?<=\d)[, \u00a0\u202f](?=\d{3}(?!\d))/g;
  const FRACTION = /^\s*\/\s*(\d+(?:[.,]\d+)?)([^]*)$/;
  const TERM = /\s*[·*]?\s*(\/?)\s*(1(?![\d.])|%|\p{L}+)(?:\^?(-?\d)(?!\d))?\s*/uy;
  const SUPER = "⁰¹²³⁴⁵⁶⁷⁸⁹";
  const plain = (text) => text.replace(/[⁻−]/g, "-").replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => SUPER.indexOf(c));
  const CLOCK = ["s", "min", "h", "d", "week", "year", "1/s", "1/min", "1/h", "1/d", "1/week", "1/year"];
  const lookup = (table, name) => Object.hasOwn(table, name) ? table[name] : undefined;

  /* Same as mslib.units.unit_terms, and at once the factor to SI units and the powers of the dimensions. */
  const measured = (unit, symbols) => {
    const text = plain(unit.replace(/\bper\b/g, "/").replace(/μ/g, "µ").replace(/\*\*/g, "^")).trim()
      .replace(/\/\s*\(([^()]*)\)/g, (_, under) => `/${under.trim().replace(/[\s·*]+/g, "/")}`);
    let factor = 1, dimensions = [0, 0, 0, 0, 0, 0], at = 0;
    while (at < text.length) {
      TERM.lastIndex = at;
      const match = TERM.exec(text);
      if (!match) return null;
      at = TERM.lastIndex;
      if (match[2] === "1") continue;
      const known = lookup(symbols, match[2]), power = Number(match[3] || 1) * (match[1] ? -1 : 1);
      if (!known) return null;
      factor *= known[0] ** power;
      dimensions = dimensions.map((d, i) => d + power * known[i + 1]);
    }
    return { factor, kind: dimensions.join() };
  };

  /* Same as mslib.problems.answers.readings: one number, or two if a comma may group thousands or mark decimals. */
  const read = (text) => {
    if (/^\s*(never|infinite|infinity|inf|∞)\s*$/i.test(text)) return { numbers: [Infinity], unit: "" };
    const match = text.replace(POWER, (_, sign) => `${sign}1×10`).match(NUMBER);
    if (!match) return null;
    const written = plain(match[1]).trim().replace(/^([-+])\s+/, "$1"), grouped = written.replace(GROUPED, "");
    const numbers = [Number(grouped.replace(",", "."))];
    if (grouped !== written && /^[-+]?\d+,\d+(e[-+]?\d+)?$/i.test(written)) numbers.push(Number(written.replace(",", ".")));
    const power = 10 ** (match[2] ? Number(plain(match[2])) : 0), divided = match[3].match(FRACTION);
    const scale = divided ? power / Number(divided[1].replace(",", ".")) : power;
    return { numbers: numbers.map((number) => number * scale), unit: (divided ? divided[2] : match[3]).trim() };
  };
  const close = (number, target, tolerance) =>
    Number.isFinite(target) && Number.isFinite(number)
      ? Math.abs(number - target) <= tolerance * (Math.abs(target) || 1) : number === target;
  const unrounded = (number, right, tolerance) =>
    Number.isInteger(right) && tolerance * Math.abs(right) < 0.5 && number !== right && Math.abs(number - right) < 1;
  const offByTen = (number, right, tolerance) => {
    const power = Math.round(Math.log10(number / right));
    return number * right > 0 && power !== 0 && close(number / 10 ** power, right, tolerance);
  };

  /* Same as mslib.problems.Problem.check; `mistake` is the number of a known misconception. */
  const verdict = ({ symbols, kinds }, part, text) => {
    const answer = read(text), wanted = part.written || "plain numbers";
    if (!answer) return { kind: "number", says: `“${text.trim()}” is not a number.` };
    const { numbers, unit } = answer, given = measured(unit || part.written, symbols), asked = measured(part.written, symbols);
    if (!given) return { kind: "unit", says: `“${unit}” is not a unit that is known here; the answer is wanted in ${wanted}.` };
    if (given.kind !== asked.kind)
      return { kind: "unit", says: `${unit} measures ${kinds[given.kind] || "something else"}; the answer is wanted in ${wanted}.` };
    const values = numbers.map((number) => number * (given.factor / asked.factor)), any = (test) => values.some(test);
    if (any((v) => close(v, part.value, part.tolerance))) return { right: true, kind: "right", says: part.right };
    const near = part.mistakes.flatMap((wrong, i) => values.filter((v) => close(v, wrong, part.tolerance))
      .map((v) => ({ i, distance: v === wrong ? 0 : Math.abs(v - wrong) }))).sort((a, b) => a.distance - b.distance);
    if (near.length) return { kind: "mistake", mistake: near[0].i };
    const meant = CLOCK.find((name) => {
      const { factor, kind } = measured(name, symbols);
      return kind === asked.kind && factor !== asked.factor && any((v) => close(v * factor / asked.factor, part.value, part.tolerance));
    });
    if (meant) return { kind: "unit", says: `The number is right in ${meant}, but the answer is wanted in ${wanted}: write the unit with the number.` };
    if (part.written === "%" && any((v) => close(100 * v, part.value, part.tolerance)))
      return { kind: "scale", says: "That is the fraction; the question asks for per cent." };
    if (any((v) => offByTen(v, part.value, part.tolerance)))
      return { kind: "scale", says: "The digits are right but not the power of ten: look at the units once more." };
    if (any((v) => unrounded(v, part.value, part.tolerance)))
      return { kind: "close", says: "Here the answer is a whole number: think about which way to round." };
    if (any((v) => close(v, part.value, 0.015)))
      return { kind: "close", says: "Close, but not close enough: calculate with more digits and give three of them." };
    if (any((v) => close(v, part.value, 0.06)))
      return { kind: "close", says: "Near, but further off than by rounding: look once more at the numbers and assumptions that you began with." };
    return { kind: "wrong", says: "Try once more, or open a hint." };
  };

  class ProblemElement extends HTMLElement {
    connectedCallback() {
      if (this.spec) return;
      this.spec = JSON.parse(this.querySelector(".ms-spec").textContent, (_, v) => (v === "∞" ? Infinity : v));
      for (const part of this.spec.parts) this.part(part, this.querySelector(`[data-part="${part.key}"]`));
      this.dataset.ready = "true";
    }

    part(part, section) {
      const id = `${this.id}-${part.key}`;
      const entry = make("input", { type: "text", id, autocomplete: "off", required: true });
      const unit = part.written ? ` in ${part.written}` : "";
      const label = make("label", { htmlFor: id }, `Answer (${part.key})${unit} `);
      const output = make("div", { className: "ms-verdict" });
      output.setAttribute("role", "status");
      const form = make("form", { className: "ms-answer" }, label, entry, make("button", { type: "submit" }, "Check"));
      const details = [...section.querySelectorAll("details")], misconceptions = section.querySelectorAll(".ms-mistake");
      const done = (progress.all()[this.spec.key] || {})[part.key];
      if (done?.right) section.classList.add("ms-done");
      (section.querySelector(".ms-mistake, details") || section.lastChild).before(form, output);
      this.oneAtATime(details);
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        const found = verdict(this.spec, part, entry.value);
        misconceptions.forEach((element, i) => { element.hidden = i !== found.mistake; });
        output.className = `ms-verdict ${found.right ? "ms-right" : "ms-wrong"}`;
        output.replaceChildren(make("strong", {}, found.right ? "✓ Right. " : "✗ Not yet. "), found.says || "");
        if (found.mistake >= 0) output.append(misconceptions[found.mistake]);
        if (found.right) {
          section.classList.add("ms-done");
          details.at(-1).hidden = false;
        }
        progress.note(this.spec.key, part.key, Boolean(found.right));
      });
    }

    oneAtATime(details) {
      details.slice(1).forEach((element) => { element.hidden = true; });
      details.forEach((element, i) => element.addEventListener("toggle", () => {
        if (element.open && details[i + 1]) details[i + 1].hidden = false;
      }));
    }
  }

  class QuestionElement extends HTMLElement {
    connectedCallback() {
      if (this.form) return;
      const options = [...this.querySelectorAll(".ms-option")], name = `${this.id}-choice`;
      this.form = make("form"), this.output = make("div", { className: "ms-verdict" });
      this.output.setAttribute("role", "status");
      const set = make("fieldset", {}, make("legend", {}, "Your guess"));
      options.forEach((option, i) => {
        const id = `${name}-${i}`, radio = make("input", { type: "radio", name, id, value: i, required: true });
        const says = option.querySelector(".ms-says");
        says.remove();
        option.says = says;
        set.append(make("div", { className: "ms-choice" }, radio, make("label", { htmlFor: id }, ...option.childNodes)));
        option.remove();
      });
      this.form.append(set, make("button", { type: "submit" }, "Commit"), this.output);
      this.append(this.form);
      this.form.addEventListener("submit", (event) => {
        event.preventDefault();
        const option = options[Number(new FormData(this.form).get(name))], right = option.dataset.right === "true";
        option.says.hidden = false;
        this.output.className = `ms-verdict ${right ? "ms-right" : "ms-wrong"}`;
        this.output.replaceChildren(make("strong", {}, right ? "✓ Right. " : "✗ Not quite. "), option.says);
        progress.note(this.id, "guess", right);
      });
      this.dataset.ready = "true";
    }
  }

  class ProgressElement extends HTMLElement {
    connectedCallback() {
      const button = (text, action) => {
        const b = make("button", { type: "button" }, text);
        b.addEventListener("click", action);
        return b;
      };
      this.table = make("div");
      this.replaceChildren(this.table, button("Export", () => this.save()), " ", button("Erase", () => progress.erase()));
      addEventListener("mslib-progress", () => this.show());
      this.show();
      this.dataset.ready = "true";
    }

    show() {
      const rows = Object.entries(progress.all()).flatMap(([key, parts]) => Object.entries(parts).map(([part, { tries, right }]) =>
        make("tr", {}, make("td", {}, key), make("td", {}, part), make("td", {}, String(tries)), make("td", {}, right ? "right" : "not yet"))));
      if (!rows.length) return this.table.replaceChildren(make("p", {}, "Nothing answered yet in this browser."));
      const head = ["Problem", "Part", "Tries", "State"].map((text) => make("th", { scope: "col" }, text));
      this.table.replaceChildren(make("table", { className: "table" },
        make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows)));
    }

    save() {
      const blob = new Blob([JSON.stringify(progress.all(), null, 2)], { type: "application/json" });
      make("a", { href: URL.createObjectURL(blob), download: "across-the-scales-progress.json" }).click();
    }
  }

  customElements.define("mslib-problem", ProblemElement);
  customElements.define("mslib-question", QuestionElement);
  customElements.define("mslib-progress", ProgressElement);
})();
