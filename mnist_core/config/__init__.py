"""Every field once: what a run, a sweep, a distortion or a link can say."""
