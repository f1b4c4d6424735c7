"""Identity providers that people sign in with: OpenID Connect, by the authorization code."""
