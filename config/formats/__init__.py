"""Default date formats, used where a template specifies none."""
