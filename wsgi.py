"""Entry for gunicorn and other WSGI servers."""

from portal import serving_app

app = serving_app()
