.PHONY: demo test setup
demo: ; @scripts/setup run && .venv/bin/odzew demo $(ARGS)
test: ; @scripts/test
setup: ; @scripts/setup dev
