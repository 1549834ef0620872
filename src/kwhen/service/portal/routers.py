"""The routers of the portal."""

from kwhen.service.portal import entering, home, home_form, homes_list, keys, plans, system

# Fixed paths before those with an id: the first that matches answers.
PORTAL_ROUTERS = (
    entering.router,
    homes_list.router,
    home_form.router,
    home.router,
    keys.router,
    plans.router,
    system.router,
)
