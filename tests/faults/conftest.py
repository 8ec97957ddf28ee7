"""AWS in process, anew for every test."""

from __future__ import annotations

from tests.in_process import aws

__all__ = ["aws"]
