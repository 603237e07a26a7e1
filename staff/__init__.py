"""The staff site: a Django admin that reads every app and changes rows only through domain functions."""
