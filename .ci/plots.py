"""Writes .ontime/plots.html, the page that `dvc plots` fills: its JavaScript is inside, it needs no network."""

from pathlib import Path

import vl_convert

from ontime.actions.ci_report import VEGA_LITE

PAGE = Path(".ontime/plots.html")
STYLE = "body { font: 15px sans-serif; color: #1f2933; margin: 2em } .vega-embed { margin-bottom: 2em }"


def main() -> None:
    """Write the page, whole or not at all."""
    bundle = vl_convert.javascript_bundle(vl_version=VEGA_LITE)
    head = f'<meta charset="utf-8">{{refresh_tag}}<title>Ontime: plots</title><style>{STYLE}</style>'
    head += f"<script>{bundle}</script>"
    page = f"<!DOCTYPE html>\n<html lang=en><head>{head}</head><body>{{plot_divs}}</body></html>\n"
    PAGE.parent.mkdir(exist_ok=True)
    draft = PAGE.with_suffix(".draft")
    draft.write_text(page, encoding="utf-8")
    draft.replace(PAGE)


if __name__ == "__main__":
    main()
