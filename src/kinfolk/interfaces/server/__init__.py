"""The one process a company runs: the door for events, the API and the pages, on one port."""
