"""The settings as people write them, one module per kind of file; short forms are brought into their long form here."""
