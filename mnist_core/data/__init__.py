"""Pictures to learn from: found, downloaded, split, distorted."""
