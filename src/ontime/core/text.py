"""Hours, values and tables -> words and Markdown."""

from collections.abc import Iterable, Sequence

SHORT = {"minutes": "min", "minute": "min", "hours": "h", "hour": "h"}


def hours_in_words(hours: float) -> str:
    """45 minutes, 1 hour, 24 hours."""
    number, unit = (int(hours), "hour") if float(hours).is_integer() else (round(hours * 60), "minute")
    return f"{number} {unit}" + "s" * (number != 1)


def hours_in_short(hours: float) -> str:
    """45 min, 1 h, 24 h."""
    number, unit = hours_in_words(hours).split()
    return f"{number} {SHORT[unit]}"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False) -> str:
    """A table in Markdown: a line for the header, one below it, one for each row, each with its newline.

    numbers: all columns but the first are set to the right. A bar in a cell is escaped, so that it cannot end the cell.
    """
    below = ["---", *["---:" if numbers else "---"] * (len(header) - 1)]
    lines = [header, below, *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(value: object) -> str:
    """A value as it was written, on one line and between backticks."""
    return f"`{' '.join(str(value).replace('`', chr(39)).split())}`"
