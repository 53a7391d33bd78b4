"""How the documentation is built: `sphinx-build -W -n -q docs docs/_build`."""

import dataclasses
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from core.settings import Settings

project = "Unfreeze"
author = "The developers of Unfreeze"
extensions = ["myst_parser"]
exclude_patterns = ["_build", "_settings.md"]
html_theme = "furo"
html_title = "Unfreeze"
html_favicon = "../core/ui/icon.png"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1F6FA5", "color-brand-content": "#1F6FA5"},
    "dark_css_variables": {"color-brand-primary": "#A9D3EE", "color-brand-content": "#A9D3EE"},
}
# A link to a heading works as in a rendered README.
myst_heading_anchors = 3


def _settings_table() -> str:
    """Every setting with its variable, default and meaning, read from where it is defined."""
    meanings = dict(
        re.findall(r"^        (\w+): (.+?)(?=\n        \w+: |\Z)", _about(), re.S | re.M)
    )
    rows = ["| Variable | Default | What it decides |", "| --- | --- | --- |"]
    for field in dataclasses.fields(Settings):
        default = "" if field.default is dataclasses.MISSING else _shown(field.default)
        meaning = " ".join(meanings.get(field.name, "").split())
        rows.append(f"| `UNFREEZE_{field.name.upper()}` | {default} | {meaning} |")
    return "\n".join(rows) + "\n"


def _about() -> str:
    return (Settings.__doc__ or "").split("Attributes:\n", 1)[1].rstrip() + "\n"


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,}" if isinstance(value, int) else str(value or "")


Path(__file__).with_name("_settings.md").write_text(_settings_table(), encoding="utf-8")
