"""The processor or GPU that does the work: choice, copies and memory."""
