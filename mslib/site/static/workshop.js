/* Starts JupyterLite with one notebook: says what it costs, shows what it does, and explains what goes wrong. */
(() => {
  const at = (id) => document.getElementById(id);
  const known = JSON.parse(at("notebooks").textContent);
  const name = new URLSearchParams(location.search).get("open") || "";
  const chosen = Object.hasOwn(known, name) ? known[name] : null;
  const PATIENCE = 240_000;
  const WAIT = 250;

  const say = (text) => { at("status").textContent = text; };
  const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
  const pause = (time) => new Promise((done) => setTimeout(done, time));

  function lacks() {
    if (location.protocol === "file:")
      return "A page that was opened from a file cannot start Python: a browser allows that only to pages from a web "
        + "server. Open the book online, or show this copy with a server of your own (README says how).";
    if (typeof WebAssembly !== "object") return "This browser cannot run WebAssembly, which Python needs here.";
    if (!window.indexedDB) return "This browser keeps no data for this page (a private window, perhaps), which the workshop needs.";
    if (!window.Worker) return "This browser cannot work in the background, which Python needs here.";
    return "";
  }

  function describe() {
    if (!chosen) {
      say("The address of this page names no chapter of the book. Each chapter has a button that leads here.");
      return false;
    }
    document.title = `${chosen.title} · ${document.title}`;
    document.querySelector("h1").textContent = `Run “${chosen.title}” in your browser`;
    at("name").textContent = chosen.title;
    for (const id of ["back", "leave"]) at(id).href = chosen.page;
    at("back").textContent = "Back to the chapter";
    at("download").href = chosen.download;
    at("download").hidden = false;
    at("colab").href = chosen.elsewhere.colab;
    at("binder").href = chosen.elsewhere.binder;
    at("elsewhere").hidden = false;
    at("hub").addEventListener("submit", (event) => {
      event.preventDefault();
      location.href = at("hub-address").value.replace(/\/+$/, "") + chosen.elsewhere.hub;
    });
    return true;
  }

  async function costs() {
    const answer = await fetch("lite/workshop.json");
    if (!answer.ok) throw new Error("absent");
    return answer.json();
  }

  async function load(files) {
    const total = files.reduce((sum, [, bytes]) => sum + bytes, 0);
    let loaded = 0;
    const began = performance.now();
    at("bar").hidden = false;
    for (const [address] of files) {
      const answer = await fetch(`lite/${address}`);
      if (!answer.ok) throw new Error(`${address} is missing (${answer.status})`);
      for (const reader = answer.body.getReader(); ;) {
        const { done, value } = await reader.read();
        if (done) break;
        loaded += value.length;
        at("bar").value = loaded / total;
        const seconds = Math.round((performance.now() - began) / 1000);
        say(`Loaded ${megabytes(loaded)} of ${megabytes(total)} in ${seconds} s.`);
      }
    }
  }

  const app = () => at("lab").contentWindow.jupyterapp;
  const panel = () => app()?.shell.currentWidget;
  const kernel = () => panel()?.sessionContext?.session?.kernel;

  async function ready() {
    const began = performance.now();
    for (;;) {
      const seconds = Math.round((performance.now() - began) / 1000);
      const status = kernel()?.status;
      if (status === "idle") return;
      if (status === "dead" || performance.now() - began > PATIENCE) throw new Error("Python did not start");
      at("state").textContent = `Starting Python: ${seconds} s, usually 15 to 40.`;
      await pause(WAIT);
    }
  }

  async function show() {
    at("lab").src = `lite/notebooks/index.html?path=${encodeURIComponent(`${name}.ipynb`)}`;
    await ready();
  }

  async function open(python) {
    document.querySelector("main").hidden = true;
    at("desk").hidden = false;
    await show();
    at("state").textContent = `Python ${python} is ready. Shift and Enter run a cell; what you change is kept in this browser.`;
    for (const id of ["run-all", "again"]) at(id).disabled = false;
  }

  function failed(error) {
    document.querySelector("main").hidden = false;
    at("desk").hidden = true;
    at("bar").hidden = true;
    at("lab").removeAttribute("src");
    at("start").disabled = false;
    at("start").textContent = "Try again";
    say(`The workshop could not be started: ${error.message}. You can download the notebook and run it with a Python of your own.`);
  }

  async function start(told) {
    at("start").disabled = true;
    try {
      await load(told.files);
      await open(told.python);
    } catch (error) {
      failed(error);
    }
  }

  async function again() {
    if (!confirm("Take back the original notebook? What you changed in this chapter is lost.")) return;
    at("again").disabled = true;
    panel().context.model.dirty = false;
    await app().serviceManager.contents.delete(`${name}.ipynb`).catch(() => {});
    const left = new Promise((done) => at("lab").addEventListener("load", done, { once: true }));
    at("lab").src = "about:blank";
    await left;
    await show();
    at("state").textContent = "This is the original notebook again.";
    at("again").disabled = false;
  }

  async function prepare() {
    if (!describe()) return;
    const missing = lacks();
    if (missing) return say(missing);
    let told;
    try {
      told = await costs();
    } catch {
      return say("This copy of the book was built without its workshop (make workshop adds it). You can download the notebook, or run it elsewhere.");
    }
    const bytes = told.files.reduce((sum, [, size]) => sum + size, 0);
    at("cost").textContent = `The first start loads about ${megabytes(bytes)} and then takes 15 to 40 seconds; `
      + "later your browser has most of it already.";
    at("start").hidden = false;
    at("start").addEventListener("click", () => start(told));
    at("run-all").addEventListener("click", () => app().commands.execute("notebook:run-all-cells"));
    at("again").addEventListener("click", again);
  }

  prepare();
})();
