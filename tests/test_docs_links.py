"""Every relative link in the documentation leads to a file, and every anchor to a heading."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[1]
SKIPPED = {"build", "dist", "site", "runs"}

FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*#*\s*$", re.MULTILINE)
HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
# only the second half of a link, so that the image inside a linked image is seen as well
LINK = re.compile(r"\]\(\s*<?([^()\s<>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^\[[^\]]+\]:\s+<?(\S+?)>?\s*$", re.MULTILINE)
OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|//)", re.IGNORECASE)


def pages() -> list[Path]:
    """Every Markdown file of the repository, generated ones included."""
    found = sorted(ROOT.rglob("*.md"))
    return [p for p in found if not any(map(is_skipped, p.relative_to(ROOT).parts))]


def is_skipped(part: str) -> bool:
    """Whether a folder holds only what tools have made."""
    return part in SKIPPED or part.startswith(".")


def anchors(text: str) -> set[str]:
    """What `#...` may name in a page: its headings, as code forges spell them, and its ids."""
    text = FENCE.sub("", text)
    slugs: set[str] = set(HTML_ANCHOR.findall(text))
    for heading in HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = stem = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        repeat = 0
        while slug in slugs:
            repeat += 1
            slug = f"{stem}-{repeat}"
        slugs.add(slug)
    return slugs


def targets(text: str) -> list[str]:
    """The addresses that a page links to, code left out."""
    text = FENCE.sub("", text)
    plain = INLINE_CODE.sub("", text)
    return LINK.findall(plain) + REFERENCE.findall(plain)


def broken(page: Path, text: str) -> list[str]:
    """The links of `text`, read as if it stood at `page`, that lead nowhere."""
    found = []
    for target in targets(text):
        if OUTSIDE.match(target):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if path and not file.exists():
            found.append(f"{page.relative_to(ROOT)}: no such file: {target}")
        elif anchor and file.suffix == ".md":
            known = anchors(text if file == page else file.read_text("utf-8"))
            if anchor not in known:
                found.append(f"{page.relative_to(ROOT)}: no such heading: {target}")
    return found


def test_every_link_leads_somewhere() -> None:
    assert ROOT / "README.md" in pages()
    assert not [line for page in pages() for line in broken(page, page.read_text("utf-8"))]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("# One thing: `make test`\n[a](#one-thing-make-test)", 0),
        ("# Same\n# Same\n[a](#same) [b](#same-1)", 0),
        ("[a](#nowhere)", 1),
        ("[a](no-such-file.md) and ![b](no-such-file.png)", 2),
        ("[a](pyproject.toml) [b](docs/) [c](https://example.org/x) [d](mailto:x@example.org)", 0),
        ("`[a](no-such-file.md)`\n\n```\n[b](no-such-file.md)\n```\n", 0),
        ("[a][there]\n\n[there]: no-such-file.md", 1),
        ("[![badge](no-such-file.svg)](pyproject.toml)", 1),
    ],
)
def test_the_rule_itself(text: str, count: int) -> None:
    assert len(broken(ROOT / "page.md", text)) == count
