"""Every text that members, moderators and operators read, as pure functions."""
