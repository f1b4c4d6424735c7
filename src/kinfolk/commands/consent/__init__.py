"""`kinfolk consent …`: what people said to what their data may be used for, and what holds."""
