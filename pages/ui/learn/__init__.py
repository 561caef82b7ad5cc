"""What the page Learn alone needs: one file a chapter."""
