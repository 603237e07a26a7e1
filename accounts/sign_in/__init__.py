"""Customization of django-allauth: adapters, forms, email addresses and sessions."""
