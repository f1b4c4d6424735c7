"""How people and programs speak with Kinfolk: words, clicks, HTTP; no rules and no SQL here."""
