"""The way of a customer record, stage by stage; stages meet at tables and never import each other."""
