"""How deep needles go: motion of the drum, one needle's law, the drum's balance, each contact, pressing straight in."""
