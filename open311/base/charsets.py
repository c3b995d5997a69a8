"""Which charsets of strangers are read, named or not, in requests, mails and answers of other servers alike."""

import codecs
import encodings
import pkgutil
from email.message import Message
from encodings.aliases import aliases
from typing import Any

from open311.base.text import composed

# Python has them, and no writer means them: the time of punycode grows with the square of the text, the others are
# names of hosts, source text of Python, or refuse everything.
NEVER_MEANT = frozenset({"punycode", "idna", "raw_unicode_escape", "unicode_escape", "charmap", "undefined"})
# Python remembers each name that it has looked for, and finds none of anybody's making among these.
_KNOWN = frozenset(module.name for module in pkgutil.iter_modules(encodings.__path__)) - NEVER_MEANT
LONGEST_NAME = 100


def text_codec(name: str) -> str | None:
    """Python's name of a charset; None for what is no charset of text."""
    word = encodings.normalize_encoding(name[:LONGEST_NAME]).lower()
    module = aliases.get(word) or aliases.get(word.replace(".", "_"), word)
    if module not in _KNOWN:
        return None
    try:
        # Raises for base64, rot13 and the like, which are no charsets.
        b"a".decode(module, "replace")
        return codecs.lookup(module).name
    except LookupError:
        return None


def decode(raw: bytes) -> str:
    """UTF-8, or Windows-1252 when it is not: old Java clients send Latin letters that way.

    Letters are in one piece (NFC), as they are kept: Apple's keyboards and file systems write `u` and two dots.
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
    return composed(text)


class LenientMessage(Message):
    """Headers whose parameters name charsets too (RFC 2231): the library decodes by whatever is there."""

    def get_param(self, *args: Any, **kwargs: Any) -> Any:
        """As the library has it, in ASCII where no charset of text is named."""
        value = super().get_param(*args, **kwargs)
        if isinstance(value, tuple) and text_codec(value[0] or "") is None:
            return ("us-ascii", *value[1:])
        return value
