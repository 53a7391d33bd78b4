"""Models in other formats, each checked against the trained one."""
