"""Template filter that names the client that last used a key."""

from django import template

from accounts import user_agents

register = template.Library()

register.filter("client_name", user_agents.client_name)
