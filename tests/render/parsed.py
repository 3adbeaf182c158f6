"""A page as a parser sees it: which elements, which attributes, which text."""

from html.parser import HTMLParser


class Parsed(HTMLParser):
    """Collects the elements of a page in their order."""

    def __init__(self, page: bytes | str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.data: list[tuple[str, str]] = []
        self._open = [""]
        self.feed(page if isinstance(page, str) else page.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - html.parser's
        self._open.append("")

    def handle_data(self, data: str) -> None:
        self.data.append((self._open[-1], data))

    @property
    def text(self) -> str:
        """What a reader can see."""
        return " ".join(" ".join(data for tag, data in self.data if tag not in {"script", "style"}).split())

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        """The elements with the names of their attributes: what a document must not be able to change."""
        return [(tag, tuple(attributes)) for tag, attributes in self.elements]

    def inside(self, tag: str) -> list[str]:
        """The raw text of every element of a name."""
        return [data for name, data in self.data if name == tag]

    def values(self, attribute: str) -> list[str]:
        """Every value of an attribute."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]
