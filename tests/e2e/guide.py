"""What the pages of docs/ show, for the cases that run it, so that none promises the untried."""
import re
import shlex


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


def is_whole(command):
    """Does every quote end?"""
    try:
        return bool(shlex.split(command))
    except ValueError:
        return False


def commands(page):
    """[heading, command] of every command in the blocks; what goes over several lines is one."""
    found = []
    for where, text in blocks(page):
        rest = ""
        for line in text.replace("\\\n", " ").splitlines():
            rest = f"{rest} {line}"
            if is_whole(rest):
                found.append((where, " ".join(rest.split())))
                rest = ""
    return found
