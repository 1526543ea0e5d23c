// Prints the outlines of named Font Awesome icons, taken from the script that the theme would have put on every page.
globalThis.window = globalThis;
require(process.argv[2]);

const styles = globalThis.___FONT_AWESOME___.styles;
const named = (style, name) =>
  styles[style][name] || Object.values(styles[style]).find((icon) => icon[2].includes(name));

const wanted = JSON.parse(process.argv[3]);
process.stdout.write(
  JSON.stringify(
    wanted.map(([style, name]) => {
      const icon = named(style, name);
      return icon ? { width: icon[0], height: icon[1], path: icon[4] } : null;
    }),
  ),
);
