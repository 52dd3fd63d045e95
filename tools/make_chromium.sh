#!/bin/sh
# Make sure that there is a Chromium for the browser tests: install it when root, else say how.
set -eu
chromium=${SEATKEEPER_CHROMIUM:-/usr/bin/chromium}
if [ -x "$chromium" ]; then exit 0; fi
if [ -n "${SEATKEEPER_CHROMIUM:-}" ]; then
    echo "SEATKEEPER_CHROMIUM names $chromium, and there is no program." >&2
    exit 1
fi
if ! command -v apt-get >/dev/null; then
    echo "The browser tests need Chromium. Install it, and say in SEATKEEPER_CHROMIUM where it is." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq chromium >/dev/null
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo apt-get install -y -qq chromium >/dev/null
else
    echo "The browser tests need Chromium. Ask an administrator for: apt-get install chromium" >&2
    echo "Without it: .venv/bin/python -m pytest -n 2 --dist loadgroup --ignore tests/browser" >&2
    exit 1
fi
