"""The Django project: settings from the environment, the routes, the WSGI application."""
