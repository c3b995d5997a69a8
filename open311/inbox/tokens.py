"""Whom a mail was sent to, and the tokens of ours in such addresses."""

from collections.abc import Iterable

TO = ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To")


def tokens_in(sent_to: Iterable[str]) -> list[str]:
    """What is behind the plus in these addresses."""
    locals_ = (address.rpartition("@")[0] for address in sent_to)
    return [local.partition("+")[2].lower() for local in locals_ if "+" in local]
