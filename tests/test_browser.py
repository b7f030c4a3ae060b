"""The page of `dvc plots show` draws every plot in a browser that has no network."""

import re
from pathlib import Path

import pytest
from repositories import REPOSITORY, run
from ruamel.yaml import YAML

pytestmark = [pytest.mark.nightly, pytest.mark.browser, pytest.mark.needs("chromium", "chromium")]

PLOTS = [name for plot in YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["plots"] for name in plot]
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"),
    *("--disable-background-networking", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"),
    *("--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom"),
)
MARKS = re.compile(r'class="mark-(?:line|symbol|rect|rule) role-mark.*?<path [^>]*d="M')


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("plots")
    done = run("dvc", "plots", "show", "-o", folder, folder=REPOSITORY)
    assert done.returncode == 0, done.stderr
    return folder / "index.html"


def opened(page: Path) -> tuple[dict[str, str], list[str]]:
    """What Chromium makes of each plot's place in a page, and what the page's scripts complain of."""
    profile = f"--user-data-dir={page.parent / 'profile'}"
    done = run("chromium", *FLAGS, profile, page.as_uri(), folder=page.parent)
    assert done.returncode == 0, done.stderr
    places = re.split(r'<div id="([^"]+)"', done.stdout)
    said = re.findall(r':CONSOLE[:(]\d+\)?\] "(.*)", source', done.stderr)
    return dict(zip(places[1::2], places[2::2], strict=True)), [line for line in said if not line.startswith("WARN ")]


def test_every_plot_is_drawn_and_no_script_complains(page: Path):
    places, said = opened(page)
    assert {name for name, place in places.items() if MARKS.search(place)} == set(PLOTS)
    assert [line for line in said if not line.startswith("The compiled spec uses Vega v5")] == []


def test_without_its_scripts_the_page_would_draw_nothing_and_say_so(page: Path):
    bare = page.with_name("bare.html")
    bare.write_text(re.sub(r"<script>.*?</script>(?=</head>)", "", page.read_text(), flags=re.DOTALL))
    places, said = opened(bare)
    assert not [name for name, place in places.items() if MARKS.search(place)]
    assert len([line for line in said if "vegaEmbed is not defined" in line]) == len(PLOTS)
