"""The routers of the portal."""

from kwhen.service.portal import (
    calculator,
    entering,
    home,
    home_form,
    homes_list,
    keys,
    plans,
    system,
)

# Fixed paths before those with an id: the first that matches answers.
PORTAL_ROUTERS = (
    entering.router,
    calculator.router,
    homes_list.router,
    home_form.router,
    home.router,
    keys.router,
    plans.router,
    system.router,
)
