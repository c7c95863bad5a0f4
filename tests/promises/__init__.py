"""The promises, as tests that try to break them."""
