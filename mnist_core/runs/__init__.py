"""Runs in the store: written, read, listed, searched."""
