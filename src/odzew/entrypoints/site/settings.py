"""Django's settings. Odzew's own settings are typed values in `odzew.foundation.settings`."""

SECRET_KEY = "not-used-by-anything"  # noqa: S105
INSTALLED_APPS: list[str] = []
USE_TZ = True
