"""Ink, from a pen or a photo, becomes 28 x 28."""
