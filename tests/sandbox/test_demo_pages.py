"""Where the demo's stand-in shows its pages."""

from pathlib import Path
from urllib.parse import urlsplit

from seatkeeper.cli.stand_in import stand_in


async def test_the_demo_s_stand_in_shows_its_pages_under_the_other_name(tmp_path: Path) -> None:
    async with stand_in(tmp_path, "15five", port=0) as app:
        names = [urlsplit(address).hostname for address in (app.base_url, app.site)]

    assert names == ["127.0.0.1", "localhost"]
