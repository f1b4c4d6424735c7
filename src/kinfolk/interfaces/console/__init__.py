"""Pages for the people of the company: signing in, and who one is."""
