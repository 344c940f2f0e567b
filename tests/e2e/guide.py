"""What the pages of docs/ show, for the cases that run it, so that none promises the untried."""
import re


def blocks(page):
    """[heading, text] of every indented block; the bold numbers of steps are headings, too."""
    found, where, lines = [], None, []
    for line in [*page.read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("    "):
            lines.append(line[4:])
            continue
        if lines:
            found.append((where, "\n".join(lines) + "\n"))
            lines = []
        heading = re.match(r"\*\*(\d+)\. |#+ (.*)", line)
        if heading:
            where = heading[1] or heading[2]
    return found


def commands(page):
    """[heading, command] of every command line in the blocks; continued lines are one."""
    return [(where, " ".join(line.split())) for where, text in blocks(page)
            for line in text.replace("\\\n", " ").splitlines()]
