"""The settings of mail: how it is sent, where it comes in, how much strangers may cause."""

from open311.settings import values
from open311.settings.mail_tokens import mail_token_source
from open311.settings.mailboxes import imap_mailboxes
from open311.settings.option import Option

MAIL_OPTIONS = (
    Option(
        "OPEN311_SMTP_URL",
        values.mail_server,
        None,
        "How mail is sent; nobody is written to when unset.",
        secret=True,
    ),
    Option("OPEN311_MAIL_FROM", values.sender, None, "The sender of mails."),
    Option(
        "OPEN311_IMAP_URL",
        imap_mailboxes,
        "",
        "Mailboxes that mail is fetched from, each as imaps://user:password@host/folder, with blanks between; see "
        "docs/intake.md.",
        secret=True,
    ),
    Option(
        "OPEN311_MAIL_TOKEN",
        mail_token_source,
        None,
        "Where mailboxes and mail servers without a password in their address get a token from (OAuth 2.0); see "
        "docs/intake.md.",
        secret=True,
    ),
    Option(
        "OPEN311_MAILS_PER_HOUR",
        values.number(1, 1_000_000),
        "1000",
        "Mails an hour that strangers may ask for, all together: to confirm, and links to own data.",
    ),
    Option(
        "OPEN311_MAIL_DELAY_SECONDS",
        values.number(0, 3600),
        "60",
        "How long mails about what staff do at the desk wait, so that a slip can be taken back.",
    ),
)
