"""The commands that people start: the demo, the page, any other bot."""
