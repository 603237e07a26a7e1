"""How django-allauth is adapted: words, forms, sessions and e-mail addresses."""
