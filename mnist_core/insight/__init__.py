"""What numbers and networks say about themselves."""
