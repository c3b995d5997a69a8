"""Repairs XML and JSON of old servers so that a parser accepts it."""

import html.entities
import re
from xml.sax.saxutils import escape

SURROGATES = re.compile("[\ud800-\udfff]")
HALF_PAIR = re.compile(r"\\u[dD][89a-fA-F]")
_PAGE = re.compile(r"\s*<(?:!DOCTYPE\s+html|html|head|body)\b", re.IGNORECASE)
_PROLOG = re.compile(r"<\?xml\b[^>]{0,1000}\?>\s*")
# A type of document that declares nothing itself.
_DOCTYPE = re.compile(r"""<!DOCTYPE\s+(?!html\b)[\w:.-]+(?:\s+(?:SYSTEM|PUBLIC|"[^"<]*"|'[^'<]*'))*\s*>\s*""")
BEGINNING = 10_000
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_REFERENCE = re.compile(r"&#(?:[xX]([0-9a-fA-F]{1,8})|([0-9]{1,10}));")
_FAULTS = re.compile(
    r"(?P<void><(?:br|hr)\b[^<>]*>|</br\s*>)"
    r"|&(?P<entity>[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(?P<ampersand>&(?!#\d+;|#x[0-9a-fA-F]+;))"
    r"|(?P<less><(?![A-Za-z_/!?]))"
    r"|(?P<end>\]\]>)"
    r"|(?P<prefix></?)[A-Za-z_][\w.-]*:(?=[A-Za-z_])",
    re.IGNORECASE,
)
# Attributes say nothing that GeoReport has, and their prefixes may be undeclared.
_ATTRIBUTES = re.compile(r"""(<[A-Za-z_][\w.-]*)(?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))+(\s*/?>)""")
_IN_XML = {"amp", "lt", "gt", "quot", "apos"}
# One without an end goes on to the end of the text, so that no quote in it is a beginning once more.
_STRING = r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
_TRAILING_COMMA = re.compile(rf"({_STRING})|,(?=\s*[\]}}])", re.DOTALL)
_ODD_ESCAPE = re.compile(r'\\(["\\/bfnrt]|u[0-9a-fA-F]{4})|\\', re.DOTALL)
_CALL = re.compile(r"(?>/\*.*?\*/)?\s*[A-Za-z_$][\w$.]*\s*\((.*)\)\s*+;?\s*", re.DOTALL)


def is_page(text: str) -> bool:
    return _PAGE.match(_without_comments(text[:BEGINNING])) is not None


def without_prolog(text: str) -> str:
    """XML without its declaration, since what was decoded has no encoding any more, nor a type that says nothing."""
    for pattern in (_PROLOG, _DOCTYPE):
        beginning = pattern.match(text)
        text = text[beginning.end() :] if beginning else text
    return text


def without_controls(text: str) -> str:
    """Without what XML cannot carry, as itself or as a reference: `&#11;`."""
    return _REFERENCE.sub(_reference, _NOT_IN_XML.sub("", text))


def _reference(match: re.Match[str]) -> str:
    number = int(match[1], 16) if match[1] else int(match[2])
    allowed = number <= 0x10FFFF and (number >= 0x20 or number in (9, 10, 13))
    return match[0] if allowed and not _NOT_IN_XML.match(chr(number)) else ""


def repaired_xml(text: str) -> str:
    """With raw `&` and `<` written out, HTML's entities read, `<br>` closed, and without undeclared prefixes."""
    first, *sections = _without_comments(text).split("<![CDATA[")
    pieces = [_repaired(first)]
    for section in sections:
        data, _, rest = section.partition("]]>")
        pieces += [escape(data), _repaired(rest)]
    return "".join(pieces)


def _without_comments(text: str) -> str:
    # By hand, since a pattern would look for an end that is missing again and again.
    first, *rest = text.split("<!--")
    return first + "".join(piece.partition("-->")[2] for piece in rest)


def _repaired(text: str) -> str:
    return _ATTRIBUTES.sub(r"\1\2", _FAULTS.sub(_fault, text))


def _fault(match: re.Match[str]) -> str:
    if match["void"]:
        return "" if match["void"].startswith("</") else "<br/>"
    if match["entity"]:
        return _entity(match["entity"])
    if match["prefix"]:
        return match["prefix"]
    if match["end"]:
        return "]]&gt;"
    return "&amp;" if match["ampersand"] else "&lt;"


def _entity(name: str) -> str:
    if name in _IN_XML:
        return f"&{name};"
    characters = html.entities.html5.get(f"{name};")
    if characters is None:
        return f"&amp;{name};"
    return "".join(f"&#{ord(character)};" for character in characters)


def repaired_json(text: str) -> str:
    """Without commas before an end, with odd escapes as they were meant, and out of the call that it is wrapped in."""
    call = _CALL.fullmatch(text)
    text = call[1] if call else text
    text = _ODD_ESCAPE.sub(lambda match: match[0] if match[1] else "", text)
    return _TRAILING_COMMA.sub(lambda match: match[1] or "", text)
