"""Blackboard Learn."""
