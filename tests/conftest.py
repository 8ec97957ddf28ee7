"""What every test may ask for."""

from __future__ import annotations

from tests.proofs import proof, pytest_terminal_summary

__all__ = ["proof", "pytest_terminal_summary"]
