"""Say how fast the engine is, beside the published loop on the same machine."""
