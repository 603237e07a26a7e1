"""What every call of the REST API shares; the calls themselves stand in the rest.py of the app they are about."""
