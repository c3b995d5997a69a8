"""A visitor without scripts: reads pages, fills in forms, presses buttons, follows redirects."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import urljoin, urlsplit

from flask.testing import FlaskClient
from lxml import html
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


@dataclass
class Visitor:
    """Somebody with a browser that knows HTML only."""

    client: FlaskClient
    language: str = "de"
    path: str = "/"
    response: TestResponse = field(init=False)
    page: Any = field(init=False)
    typed: dict[str, Any] = field(default_factory=dict)

    def open(self, path: str) -> "Visitor":
        """Go to a page."""
        return self._ask("GET", path)

    def _ask(self, method: str, path: str, data: Any = None) -> "Visitor":
        headers = {"Accept-Language": self.language}
        self.response = self.client.open(path, method=method, data=data, headers=headers)
        self.path, self.typed = path, {}
        if self.response.status_code in (301, 302, 303):
            return self.open(urljoin(path, self.response.headers["Location"]))
        if self.response.mimetype == "text/html":
            self.page = html.document_fromstring(self.response.text)
        return self

    def follow(self, words: str) -> "Visitor":
        """Follow the link with these words."""
        return self.open(urljoin(self.path, self.link(words)))

    def link(self, words: str) -> str:
        """Where a link leads."""
        found = [element for element in self.page.iter("a") if words in tidy(element.text_content())]
        assert found, f"no link {words!r} in {self.text}"
        return str(found[0].get("href"))

    def fill(self, **values: Any) -> "Visitor":
        """Type into fields, by their id or name."""
        self.typed |= values
        return self

    def press(self, words: str) -> "Visitor":
        """Press the button with these words, with all that its form holds."""
        buttons = [element for element in self.page.iter("button") if words in tidy(element.text_content())]
        shown = [button for button in buttons if "unseen" not in (button.get("class") or "")]
        assert shown, f"no button {words!r} in {self.text}"
        return self.submit(shown[0])

    def submit(self, button: Any) -> "Visitor":
        """Send the form of a button."""
        form = next(button.iterancestors("form"))
        data = fields_of(form)
        for name, value in self.typed.items():
            control = form.xpath(f'.//*[@id="{name}"]')
            key = (control[0].get("name") if control else None) or name
            data.setlist(key, value if isinstance(value, list) else [value])
        if button.get("name"):
            data.setlist(button.get("name"), [button.get("value")])
        files = [value for values in data.listvalues() for value in values if isinstance(value, tuple)]
        assert not files or form.get("enctype") == "multipart/form-data"
        self.sent = data
        return self._ask("POST", urljoin(self.path, form.get("action") or urlsplit(self.path).path), data)

    @property
    def text(self) -> str:
        """What the page says."""
        return tidy(self.page.xpath("//main")[0].text_content())

    @property
    def heading(self) -> str:
        """Its heading."""
        return tidy(self.page.xpath("//h1")[0].text_content())

    def value(self, name: str) -> Any:
        """What stands in a field."""
        return fields_of(self.page.xpath("//form[@method='post']")[0]).get(name)

    @property
    def errors(self) -> dict[str, str]:
        """The summary: field → words."""
        links = self.page.xpath('//div[@id="wrong"]//li')
        return {
            (link.xpath("./a/@href") or ["#"])[0].rpartition("#")[2]: tidy(link.text_content())
            for link in links
        }

    @property
    def word(self) -> str:
        """The word of the draft."""
        return self.path.split("/report/")[1].split("/")[0]


def tidy(text: str) -> str:
    """Words with single blanks."""
    return " ".join(text.split())


def fields_of(form: Any) -> MultiDict[str, Any]:
    """What a form would send, without its buttons and files."""
    data: MultiDict[str, Any] = MultiDict()
    for element in form.xpath(".//input|.//textarea|.//select"):
        kind = element.get("type", "text")
        hidden = element.xpath("ancestor::*[@hidden]")
        if not element.get("name") or kind in ("file", "submit"):
            continue
        if kind in ("radio", "checkbox") and element.get("checked") is None:
            continue
        if hidden and kind in ("radio", "checkbox"):
            continue
        value = element.text or "" if element.tag == "textarea" else element.get("value", "")
        data.add(element.get("name"), value.removeprefix("\n"))
    return data


def a_file(data: bytes, name: str = "foto.jpg") -> tuple[BytesIO, str]:
    """A file to choose."""
    return (BytesIO(data), name)
