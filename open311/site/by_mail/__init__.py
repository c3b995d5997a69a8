"""Pages that end in a mail or begin with the link of one. Opening a link changes nothing: mail scanners open all."""
