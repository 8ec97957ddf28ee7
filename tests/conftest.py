"""What every test may ask for."""

from __future__ import annotations

import botocore.session
from botocore.loaders import create_loader

from tests.proofs import proof, pytest_terminal_summary

__all__ = ["proof", "pytest_terminal_summary"]

# Every test has AWS clients of its own, but the descriptions of the services are read once.
_loader = create_loader()
botocore.session.create_loader = lambda search_path_string=None: _loader
