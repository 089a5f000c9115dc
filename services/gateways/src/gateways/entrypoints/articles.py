"""`python -m gateways.entrypoints.articles write|check`: the users' articles in `docs/connectors`, from the sheets."""

import sys
from pathlib import Path

from gateways.connectors.registry import load_sheets
from gateways.domain.article import LANGUAGES, article, file_name

FOLDER = Path("docs/connectors")


def articles() -> dict[Path, str]:
    """Every article by its path from the top of the tree. Raises `gateways.domain.article.NoWords`."""
    return {
        FOLDER / file_name(name, language): article(sheet, language)
        for name, sheet in load_sheets().items()
        for language in LANGUAGES
    }


def main(order: str) -> int:
    """The exit status: 1 when an article does not say what its sheet does."""
    made = articles()
    if order == "write":
        FOLDER.mkdir(parents=True, exist_ok=True)
        for path, text in made.items():
            path.write_text(text, encoding="utf-8")
        return 0
    stale = [path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        sys.stdout.write(f"{path} is not what its sheet says: make articles\n")
    if not stale:
        sys.stdout.write(f"{len(made)} articles say what their sheets do\n")
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
