"""The domain's values: frozen dataclasses, no behaviour beyond what a value can say of itself."""
