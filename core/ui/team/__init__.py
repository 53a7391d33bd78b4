"""Sign-in, and the activity of other users."""
