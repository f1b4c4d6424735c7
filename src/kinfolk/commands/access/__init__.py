"""Who may ask: people who sign in, programs with tokens, and what they may do."""
