// Runs pytest in Pyodide under node: folder of Pyodide, root of the checkout, packages to load, then pytest's own words.
import { pathToFileURL } from "node:url";

const [folder, root, packages, ...words] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${folder}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${folder}/`, packages: packages.split(",") });
python.FS.mkdirTree("/book");
python.mountNodeFS("/book/tests", `${root}/tests`); // the package itself comes from its wheel
python.globals.set("words", python.toPy(words));
process.exitCode = await python.runPythonAsync(`
import os, sys
import pytest

os.chdir("/book")
sys.path.insert(0, "/book")
int(pytest.main(list(words)))
`);
