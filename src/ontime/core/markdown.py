"""Rows of text -> a table in Markdown."""

from collections.abc import Iterable, Sequence


def grid(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, a line for each row, with a final newline; what a cell holds cannot end it."""
    lines = [header, ["---"] * len(header), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(value: object) -> str:
    """A value as it was written, on one line and between backticks."""
    return f"`{' '.join(str(value).replace('`', chr(39)).split())}`"
