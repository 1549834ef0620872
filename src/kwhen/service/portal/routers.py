"""The routers of the portal."""

from kwhen.service.portal import (
    calculator,
    deliveries,
    entering,
    feedback,
    home,
    home_files,
    home_form,
    homes_list,
    keys,
    openadr,
    openadr_forms,
    plans,
    system,
    webhooks,
)

# Fixed paths before those with an id: the first that matches answers.
PORTAL_ROUTERS = (
    entering.router,
    calculator.router,
    homes_list.router,
    home_form.router,
    home_files.router,
    home.router,
    webhooks.router,
    deliveries.router,
    openadr.router,
    openadr_forms.router,
    keys.router,
    plans.router,
    feedback.router,
    system.router,
)
