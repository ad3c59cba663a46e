"""Files of weights from unknown hands, read without running anything that they hold."""
