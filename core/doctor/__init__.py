"""Find what is missing or unsafe in an installation: `python -m core.doctor`, and a page for
admins."""

from core.doctor.checks import examine
from core.doctor.finding import Finding, Level
from core.doctor.listening import Listening, configured

__all__ = ["Finding", "Level", "Listening", "configured", "examine"]
