"""Tests of the room of exposures."""
