"""The engine process: its loop, its schedule, its memory."""
