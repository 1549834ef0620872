"""The routers of the OpenADR server."""

from fastapi import APIRouter

from kwhen.records import VtnVersion
from kwhen.service.vtn.auth import add_auth
from kwhen.service.vtn.midas import midas_router
from kwhen.service.vtn.notifiers import add_notifiers
from kwhen.service.vtn.objects import add_objects
from kwhen.service.vtn.price_server import price_router
from kwhen.service.vtn.programs import add_reading
from kwhen.service.vtn.route import versioned_router


def _router(version: VtnVersion) -> APIRouter:
    router = versioned_router(version)
    add_auth(router, version)
    add_reading(router)
    add_objects(router, version)
    if version is VtnVersion.V3_1_0:
        add_notifiers(router)
    return router


VTN_ROUTERS = (*(_router(version) for version in VtnVersion), price_router(), midas_router())
