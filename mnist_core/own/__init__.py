"""Somebody's own pictures, in a zip of folders, become a data set."""
