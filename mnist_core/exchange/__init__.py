"""Runs and networks in and out as files."""
