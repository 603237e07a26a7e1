"""The staff's site: Django admin, which looks at everything and acts only through the functions of the apps.

It stands here because it shows users, money and images beside each other, and only this app knows all of them.
"""
