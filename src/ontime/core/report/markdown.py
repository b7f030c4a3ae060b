"""Sections -> a page of Markdown, without pictures."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from ontime.core.report.blocks import Block, Picture, Points, Section, TableBlock, Text
from ontime.core.text import markdown_table

WIDTH = 120


def markdown_page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page: a title, a paragraph, the sections."""
    blocks = [f"# {title}", _wrapped(lead)]
    for section in sections:
        blocks += [f"## {section.title}", *(_block(block) for block in section.blocks)]
    return "\n\n".join(block.strip("\n") for block in blocks) + "\n"


def _block(block: Block) -> str:
    match block:
        case Text():
            return _wrapped(block.text)
        case Points():
            return "\n".join(_wrapped(f"- {point}", indent="  ") for point in block.points)
        case TableBlock():
            return f"{_wrapped(block.caption)}\n\n{markdown_table(block.header, block.rows)}"
        case Picture():
            return _wrapped(block.caption)


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
