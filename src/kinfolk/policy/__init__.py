"""Pure decisions: what a change means, what may be done. Nothing here touches a file or a database."""
