"""What the door for events does: whose they are, whether they are sound, and that they are kept before anybody is thanked."""
