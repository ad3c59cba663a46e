"""Discord's REST API, version 10, as far as a bot like ours needs it."""

from sandbox.rest import applications, channels, interactions, members, messages, threads, users, webhooks
from sandbox.rest.router import Route

ROUTES: tuple[Route, ...] = (
    *applications.ROUTES,
    *channels.ROUTES,
    *interactions.ROUTES,
    *members.ROUTES,
    *messages.ROUTES,
    *threads.ROUTES,
    *users.ROUTES,
    *webhooks.ROUTES,
)
