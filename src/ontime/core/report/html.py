"""Sections and pictures -> one page of HTML that needs nothing beside itself."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from html import escape

from ontime.core.report.blocks import Block, Picture, Points, Section, TableBlock, Text
from ontime.core.report.prose import templates

CODE, WEIGHT = re.compile(r"`([^`]+)`"), re.compile(r"\*\*([^*]+)\*\*")
UNIT = re.compile(r"(?<=\d) (?=%)")  # a number and its sign stay on one line


def html_page(title: str, lead: str, sections: Sequence[Section], pictures: Mapping[str, bytes]) -> str:
    """The template page.html, filled. pictures: PNG by name."""
    links = "\n".join(f'<li><a href="#{section.name}">{marked(section.title)}</a></li>' for section in sections)
    chapters = "\n".join(_section(section, pictures) for section in sections)
    page = templates().get_template("page.html")
    return page.render(title=escape(title), lead=marked(lead), contents=links, sections=chapters)


def marked(text: str) -> str:
    """Text in HTML, with what is marked as code and as weight."""
    safe = UNIT.sub("\N{NO-BREAK SPACE}", escape(text))
    return WEIGHT.sub(r"<strong>\1</strong>", CODE.sub(r"<code>\1</code>", safe))


def _section(section: Section, pictures: Mapping[str, bytes]) -> str:
    blocks = "\n".join(_block(block, pictures) for block in section.blocks)
    heading = f'<h2 id="{section.name}-title">{marked(section.title)}</h2>'
    return f'<section id="{section.name}" aria-labelledby="{section.name}-title">\n{heading}\n{blocks}\n</section>'


def _block(block: Block, pictures: Mapping[str, bytes]) -> str:
    match block:
        case Text():
            return f"<p>{marked(block.text)}</p>"
        case Points():
            return "<ul>\n" + "\n".join(f"<li>{marked(point)}</li>" for point in block.points) + "\n</ul>"
        case TableBlock():
            return _table(block)
        case Picture():
            return _picture(block, pictures[block.name])


def _table(table: TableBlock) -> str:
    head = "".join(f'<th scope="col">{marked(cell)}</th>' for cell in table.header)
    rows = "\n".join(_row(row) for row in table.rows)
    caption = marked(table.caption)
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(table.caption)}">\n<table>\n'
        f"<caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>\n</div>"
    )


def _row(cells: Sequence[str]) -> str:
    first, *others = (marked(cell) for cell in cells)
    return f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in others) + "</tr>"


def _picture(picture: Picture, content: bytes) -> str:
    source = f"data:image/png;base64,{base64.b64encode(content).decode()}"
    return (
        f'<figure>\n<div class="wide" role="group" tabindex="0" aria-label="{escape(picture.caption)}">'
        f'<img src="{source}" alt="{escape(picture.alt)}"></div>\n'
        f"<figcaption>{marked(picture.caption)}</figcaption>\n</figure>"
    )
