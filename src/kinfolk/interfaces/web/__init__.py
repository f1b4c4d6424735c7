"""What all answers over HTTP share: who asks, what they may do, and what went wrong."""
