"""The routers of the portal."""

from kwhen.service.portal import entering, home

# Fixed paths before those with an id: the first that matches answers.
PORTAL_ROUTERS = (
    entering.router,
    home.router,
)
