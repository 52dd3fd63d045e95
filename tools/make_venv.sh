#!/bin/sh
# Make .venv. Debian splits venv from Python: install it when root, else say how.
set -eu
python=${1:-python3}
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Seatkeeper needs Python 3.11 or newer; $python is $("$python" --version 2>&1)." >&2
    exit 1
fi
if "$python" -m venv .venv 2>/dev/null; then exit 0; fi
package="python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv"
if [ "$(id -u)" = 0 ]; then
    apt-get update -qq && apt-get install -y -qq "$package" >/dev/null
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    sudo apt-get update -qq && sudo apt-get install -y -qq "$package" >/dev/null
else
    echo "Python's venv module is missing. Ask an administrator for: apt-get install $package" >&2
    exit 1
fi
"$python" -m venv .venv
