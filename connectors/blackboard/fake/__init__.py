"""Blackboard as the sandbox plays it: its gradebook as tools meet it over AGS."""
