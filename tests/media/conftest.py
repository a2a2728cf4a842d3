"""Fixtures: what runs already when a test of a child process begins."""

from __future__ import annotations

from media.sandboxed import others as others
