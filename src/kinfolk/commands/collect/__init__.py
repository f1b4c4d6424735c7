"""What the door for events does: whose they are, whether they are sound, and keeping them before anybody is thanked."""
