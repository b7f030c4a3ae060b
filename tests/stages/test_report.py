"""The report and the model card, of the results that are committed: whole, readable, and nothing off the page."""

import base64
import io
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image
from repositories import REPOSITORY, run
from ruamel.yaml import YAML

STORY = [
    "question",
    "answer",
    "early",
    "worth",
    "weak",
    "mistake costs",
    "degrades",
    "replayed",
    "audit",
    "not known",
    "comes from",
]
VOID = {"meta", "link", "img", "br", "hr"}
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
    "--dump-dom",
)
# Asks the page itself: pictures that are not drawn, what was fetched, and what is wider than the page.
PROBE = """<script>addEventListener('load', () => {
  const empty = [...document.images].filter(image => !image.complete || !image.naturalWidth || !image.clientHeight);
  const fetched = performance.getEntriesByType('resource').map(each => each.name);
  const asked = fetched.filter(name => !name.startsWith('data:'));
  document.title = JSON.stringify({pictures: document.images.length, empty: empty.length, asked: asked,
    wider: document.documentElement.scrollWidth - document.documentElement.clientWidth});
})</script></body>"""


class Page(HTMLParser):
    """Tags in order, and whether each that is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `report` has run, on what is committed and the signature of a model."""
    folder = tmp_path_factory.mktemp("reported")
    shutil.copytree(REPOSITORY / "metrics", folder / "metrics")
    shutil.copy(REPOSITORY / "params.yaml", folder / "params.yaml")
    (folder / "metrics/report/model_card.md").unlink(missing_ok=True)
    model = folder / "data/models/candidate"
    model.mkdir(parents=True)
    (model / "model.txt").write_text("tree\n")
    signature = {"features": ["a"], "types": {"a": "float32"}, "categories": {}, "rounds": 51, "rows": 278999}
    signature |= {
        "lead_hours": 2,
        "outcome": "is late",
        "data": "0123456789ab",
        "params": {"test_months": 2, "leaves": 15},
    }
    (model / "signature.json").write_text(json.dumps(signature))
    done = run("ontime", "report", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def text(reported: Path) -> str:
    return (reported / "data/report.html").read_text()


def test_the_page_is_well_formed_and_tells_everything_in_order(text: str):
    page = Page(text)
    assert page.open == []
    contents, *titles = re.findall(r"<h2[^>]*>(.*?)</h2>", text)
    assert contents == "Contents"
    assert [next((words for words in STORY if words in title), title) for title in titles] == STORY
    links = [str(link["href"]) for link in page.all("a") if str(link["href"]).startswith("#")]
    targets = {attributes.get("id") for _, attributes in page.tags}
    assert links
    assert {link[1:] for link in links} <= targets


def test_nothing_is_asked_of_a_network(text: str):
    page = Page(text)
    assert page.all("script") == []
    assert all(str(image["src"]).startswith("data:image/png;base64,") for image in page.all("img"))
    assert all(str(link["href"]).startswith("data:") for link in page.all("link"))
    assert "@import" not in text
    assert "url(" not in text


def test_every_picture_shows_something_and_says_what(text: str):
    pictures = Page(text).all("img")
    assert len(pictures) >= 9
    for picture in pictures:
        assert len(str(picture["alt"])) > 60
        drawn = Image.open(io.BytesIO(base64.b64decode(str(picture["src"]).partition(",")[2]))).convert("L")
        assert min(drawn.size) > 200
        low, high = drawn.getextrema()
        assert high - low > 100


def test_numbers_are_those_of_the_stages_with_their_intervals(text: str, reported: Path):
    intervals = json.loads((REPOSITORY / "metrics/evaluate/intervals.json").read_text())
    card = (reported / "metrics/report/model_card.md").read_text()
    for name in ("backtest_roc_auc", "roc_auc"):
        value, low, high = (intervals[name][bound] for bound in ("value", "low", "high"))
        assert f"{value:.3f} ({low:.3f} to {high:.3f})" in text
        assert f"{value:.3f} ({low:.3f} to {high:.3f})" in card
    assert json.loads((REPOSITORY / "metrics/replay/replay.json").read_text())["sentence"] in text
    assert "0123456789ab" in card
    assert "0123456789ab" in text


def test_a_changed_template_runs_report_and_bundle_and_nothing_else():
    stages = YAML(typ="safe").load((REPOSITORY / "dvc.yaml").read_text())["stages"]
    readers = {
        name
        for name, stage in stages.items()
        for path in stage.get("do", stage)["deps"]
        if Path(path).name.startswith("report") and path.startswith("src/ontime/core")
    }
    assert readers == {"bundle", "report"}
    made = {next(iter(out)) if isinstance(out, dict) else out for out in stages["report"]["outs"]}
    assert not [name for name, stage in stages.items() if made & set(stage.get("do", stage)["deps"])]


def test_a_result_that_is_not_there_is_named(reported: Path, tmp_path: Path):
    copy = Path(shutil.copytree(reported, tmp_path / "copy"))
    (copy / "metrics/leads/ablation.csv").unlink()
    before = (copy / "data/report.html").read_bytes()
    done = run("ontime", "report", folder=copy)
    assert done.returncode == 1
    assert "metrics/leads/ablation.csv is missing" in done.stderr
    assert (copy / "data/report.html").read_bytes() == before


def test_a_record_that_is_wrong_is_named_with_its_keys(reported: Path, tmp_path: Path):
    copy = Path(shutil.copytree(reported, tmp_path / "copy"))
    record = json.loads((copy / "metrics/evaluate/intervals.json").read_text())
    del record["ece"], record["roc_auc"]["value"]
    (copy / "metrics/evaluate/intervals.json").write_text(json.dumps(record))
    before = (copy / "data/report.html").read_bytes()
    done = run("ontime", "report", folder=copy)
    assert done.returncode == 1
    assert "metrics/evaluate/intervals.json:\n" in done.stderr
    assert "  ece: missing; expected keys and values (value, low, high, about)\n" in done.stderr
    assert "  roc_auc.value: missing\n" in done.stderr
    assert (copy / "data/report.html").read_bytes() == before


@pytest.mark.nightly
@pytest.mark.browser
@pytest.mark.needs("chromium", "chromium")
@pytest.mark.parametrize("width", [500, 1440])
def test_a_browser_draws_everything_asks_for_nothing_and_does_not_complain(text: str, width: int, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text(text.replace("</body>", PROBE))
    words = (*FLAGS, f"--window-size={width},2000", f"--user-data-dir={tmp_path / 'profile'}")
    done = run("chromium", *words, page.as_uri(), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title
    seen = json.loads(title[1])
    assert seen["pictures"] >= 9
    assert seen["empty"] == 0
    assert [name for name in seen["asked"] if name != page.as_uri()] == []
    assert seen["wider"] <= 0
    assert re.findall(r':CONSOLE[:(]\d+\)?\] "(.*)", source', done.stderr) == []
