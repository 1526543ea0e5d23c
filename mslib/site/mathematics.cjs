// Reads one formula a line as JSON, answers one line of HTML (or the error) a formula, until its input ends.
const katex = require(process.argv[2]);

// The micro sign of units is upright and comes from the page's own serif: KaTeX's fonts lack it.
const FOREIGN = "µ";

const options = {
  output: "htmlAndMathml",
  throwOnError: true,
  strict: (code, message) =>
    code === "unicodeTextInMathMode" || message.includes(FOREIGN) ? "ignore" : "error",
};

function render({ tex, display }) {
  try {
    return { html: katex.renderToString(tex, { ...options, displayMode: display }) };
  } catch (error) {
    return { error: error.message };
  }
}

require("readline")
  .createInterface({ input: process.stdin })
  .on("line", (line) => process.stdout.write(JSON.stringify(render(JSON.parse(line))) + "\n"));
