#!/usr/bin/env bash
# Find the browser that the tests of the site drive, or install one where that is possible without asking anybody.
set -euo pipefail

for name in "${BROWSER_PATH:-}" chromium chromium-browser google-chrome google-chrome-stable chrome; do
  if [[ -n "$name" ]] && command -v "$name" > /dev/null; then exit 0; fi
done
for path in "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" "/Applications/Chromium.app/Contents/MacOS/Chromium"; do
  if [[ -x "$path" ]]; then exit 0; fi
done
if [[ "$(id -u)" == 0 ]] && command -v apt-get > /dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends chromium fonts-dejavu-core > /dev/null
  exit 0
fi
echo "The tests drive the built pages in Chromium or Chrome: install one, or name it with BROWSER_PATH=/path/to/it." >&2
exit 1
