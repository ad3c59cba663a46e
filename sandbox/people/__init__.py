"""Members who act from Python or from the page."""
