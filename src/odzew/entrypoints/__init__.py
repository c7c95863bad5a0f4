"""Where the world comes in: HTTP, pages, the command line, the worker. Translate in, one call, translate out."""
