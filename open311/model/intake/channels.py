"""How a report came to the city: what `channel` says. Other systems have words of their own, which stay as they are."""

from enum import StrEnum


class Channel(StrEnum):
    API = "api"
    WEB = "web"
    IMPORT = "import"
    PHONE = "phone"
    COUNTER = "counter"
    LETTER = "letter"
    MAIL = "mail"


# Those that somebody at the desk chooses between; a mail is taken in from the mailbox.
CHOSEN = (Channel.PHONE, Channel.COUNTER, Channel.LETTER)
