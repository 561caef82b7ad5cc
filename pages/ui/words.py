"""Numbers as people read them."""


def percent(share: float, digits: int = 2) -> str:
    """0.9663 -> 96.63 %"""
    return f"{share:.{digits}%}".replace("%", " %")


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"
