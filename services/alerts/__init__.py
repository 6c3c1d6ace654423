"""Alerts: joins what departments state per household and keeps watch by the rulebook."""
