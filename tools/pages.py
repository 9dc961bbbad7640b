"""Check that the pages can be read: lines of at most 120 characters, and few enough words: `python -m tools.pages`."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

WIDTH: Final = 120
MOST_WORDS: Final = {"README.md": 1_200, "README.zh-CN.md": 1_200, "docs/*.md": 9_000}
WORD: Final = re.compile(r"[一-鿿]{1,2}|[^\s|一-鿿]*[^\W_一-鿿][^\s|一-鿿]*")
"""What stands between blanks or bars and has a letter or digit; two Chinese characters count as a word."""
COMMANDS: Final = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def faults(root: Path) -> Iterator[str]:
    """Every line that is too long and every page, or folder of pages, with too many words."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    done = subprocess.run(listed, cwd=root, capture_output=True, text=True, check=True)  # noqa: S603
    for name in done.stdout.split():
        for number, line in enumerate((root / name).read_text(encoding="utf-8").splitlines(), 1):
            if len(line) > WIDTH:
                yield f"{name}:{number}: {len(line)} characters; break the line at {WIDTH}"
    for pattern, most in MOST_WORDS.items():
        words = sum(count_words(page.read_text(encoding="utf-8")) for page in root.glob(pattern))
        if words > most:
            yield f"{pattern}: {words} words; shorten to {most}"


def count_words(page: str) -> int:
    """Of a page, blocks of commands left out."""
    return len(WORD.findall(COMMANDS.sub("", page)))


if __name__ == "__main__":
    sys.exit("\n".join(faults(Path())) or None)
