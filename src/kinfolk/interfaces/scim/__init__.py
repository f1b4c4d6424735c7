"""SCIM 2.0, by which a company's identity provider adds, changes and removes accounts, under /scim/v2."""
