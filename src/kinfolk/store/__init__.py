"""Control state: what ran, when, and how it ended. Customer data lies in the lake, never here."""
