"""Entry for gunicorn and other WSGI servers."""

from portal import create_app

app = create_app()
