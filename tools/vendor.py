"""Renew what the console carries of others: htmx, Inter, JetBrains Mono, Lucide's icons.

Run by hand, with Node's package client on the PATH:  python tools/vendor.py
It fetches the versions named here, writes the files below the console's static/vendor
and the icon sprite below its templates, and notes the SHA-256 of each in vendor.lock.
``--check`` compares the files with the lock and fetches nothing (a test runs it).
"""

import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

CONSOLE = Path(__file__).parents[1] / "src/seatkeeper/console"
VENDOR = CONSOLE / "static/vendor"
LOCK = VENDOR / "vendor.lock"
SPRITE = CONSOLE / "templates/ui/sprite.html"

PACKAGES = {
    "htmx.org@4.0.1": {
        "dist/htmx.min.js": "htmx.js",
        "dist/ext/hx-sse.min.js": "hx-sse.js",
        "LICENSE": "LICENSE-htmx",
    },
    "@fontsource-variable/inter@5.3.0": {
        "files/inter-latin-wght-normal.woff2": "inter-latin.woff2",
        "files/inter-latin-ext-wght-normal.woff2": "inter-latin-ext.woff2",
        "LICENSE": "LICENSE-inter",
    },
    "@fontsource-variable/jetbrains-mono@5.3.0": {
        "files/jetbrains-mono-latin-wght-normal.woff2": "jetbrains-mono-latin.woff2",
        "LICENSE": "LICENSE-jetbrains-mono",
    },
    "lucide-static@1.62.0": {"LICENSE": "LICENSE-lucide"},
}
LUCIDE = "lucide-static@1.62.0"
ICONS = (
    "activity", "arrow-left", "arrow-left-right", "arrow-right", "ban", "book-open",
    "building-2", "calendar-clock", "check", "chevron-down", "chevron-right", "circle-help",
    "clock", "copy", "download", "external-link", "eye", "filter", "flask-conical", "history",
    "house", "info", "key-round", "layout-grid", "list-checks", "lock", "log-out", "mail",
    "menu", "monitor", "moon", "pause", "pencil", "play", "plug", "plus", "printer",
    "refresh-cw", "scroll-text", "search", "settings", "shield-check", "sliders-horizontal",
    "square", "sun", "trash-2", "triangle-alert", "undo-2", "user", "user-minus", "user-plus",
    "users", "x", "zap",
)  # fmt: skip


def fetched(package: str, folder: Path) -> Path:
    """Fetch and unpack a package; return where its files lie."""
    name = subprocess.run(
        ["npm", "pack", "--silent", package], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    into = folder / name.removesuffix(".tgz")
    with tarfile.open(folder / name) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def symbol(name: str, svg: str) -> str:
    """Return an icon as a symbol of the sprite; how it is drawn is said once by the style sheet."""
    inner = re.sub(r"<!--.*?-->", "", svg, flags=re.DOTALL)
    drawn = re.search(r"<svg[^>]*>(.*)</svg>", inner, re.DOTALL)
    if drawn is None:
        raise SystemExit(f"The icon {name} is no picture.")
    inner = re.sub(r"\s+", " ", drawn[1]).replace(" />", "/>").replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{inner}</symbol>'


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def locked() -> list[str]:
    paths = [*sorted(VENDOR.iterdir()), SPRITE]
    return [f"{digest(path)}  {path.name}" for path in paths if path != LOCK]


def main() -> int:
    if "--check" in sys.argv:
        if LOCK.read_text().splitlines() == locked():
            return 0
        print("vendored files differ from vendor.lock; run tools/vendor.py", file=sys.stderr)
        return 1
    VENDOR.mkdir(parents=True, exist_ok=True)
    SPRITE.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for package, files in PACKAGES.items():
            unpacked = fetched(package, folder)
            for inside, ours in files.items():
                text = (unpacked / inside).read_bytes()
                if ours.endswith(".js"):
                    text = re.sub(rb"\n?//# sourceMappingURL=.*", b"", text)
                (VENDOR / ours).write_bytes(text)
            if package == LUCIDE:
                icons = [symbol(one, (unpacked / f"icons/{one}.svg").read_text()) for one in ICONS]
                SPRITE.write_text("<svg hidden>" + "".join(icons) + "</svg>\n")
    LOCK.write_text("\n".join(locked()) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
