"""Figures to text: percentiles, tables, and the document that they end up in."""
import math

HEAD = """\
# Benchmarks

Written by `make bench`; do not edit. Times differ from run to run, the more the busier the machine
is; ratios are taken within one run and are worth more.
"""


def percentile(values, share):
    """Nearest rank: the smallest value that at least this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]


def median(values):
    return percentile(values, 0.5)


def ms(ns):
    """Nanoseconds as milliseconds with three digits that mean something."""
    value = ns / 1e6
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def mib(kib):
    return f"{kib / 1024:.1f}"


def spread(values_ns):
    """The usual three columns, in ms."""
    return [ms(percentile(values_ns, share)) for share in (0.5, 0.99, 1)]


def table(head, rows):
    rows = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "| " + " | ".join("-" * max(width, 3) for width in widths) + " |")
    return "\n".join(lines)


class Section:
    """A heading, how it was measured, and a table.

    headlines  rows for the table at the top: figure, value, floor, ratio
    """

    def __init__(self, title, method, head, rows, headlines=()):
        self.title = title
        self.method = method
        self.head = head
        self.rows = rows
        self.headlines = headlines

    def lines(self):
        return [f"## {self.title}", "", self.method, "", table(self.head, self.rows), ""]


def headline(what, value_ns, floor_ns):
    """A time beside the least that it could be."""
    return (what, f"{ms(value_ns)} ms", f"{ms(floor_ns)} ms", f"{value_ns / floor_ns:.2f}")


def summary(sections):
    rows = [row for section in sections for row in section.headlines]
    return table(("median", "value", "floor", "ratio"), rows)


def document(about, sections):
    parts = [HEAD, table(("what", "which"), about), "", summary(sections), ""]
    for section in sections:
        parts += section.lines()
    return "\n".join(parts)
