"""Decide who may ask, what for, and what is shown, by rules and reports; keep the trail of what moderators did."""
