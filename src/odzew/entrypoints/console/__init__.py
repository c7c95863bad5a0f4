"""The pages of the desk's own people."""
