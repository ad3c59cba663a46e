"""Buttons, menus, forms and pages, and the rights that they ask for."""
