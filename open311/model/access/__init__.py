"""Who acts and may see how much, and by what secrets and addresses senders are known."""
