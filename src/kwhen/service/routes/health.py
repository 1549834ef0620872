"""Whether the service is alive, ready, and how it does."""

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import JSONResponse, Response

from kwhen.service.door import TheDeployment
from kwhen.service.metrics import MEDIA_TYPE, metrics_bytes
from kwhen.storage import migrate

router = APIRouter(tags=["health"])


@router.get("/healthz", operation_id="getHealth", summary="Whether the process is alive.")
async def healthz() -> Response:
    """Answers as long as the process does."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", operation_id="getReadiness", summary="Whether requests can be answered.")
def readyz(deployment: TheDeployment) -> Response:
    """Asks the database; 503 where it does not answer or its tables are of another kwhen."""
    try:
        is_ready = migrate.is_up_to_date(deployment.database)
        why = "" if is_ready else "the tables are out of date; run `kwhen db upgrade`"
    except Exception as error:  # whatever the driver raises: not ready
        is_ready, why = False, f"the database does not answer ({type(error).__name__})"
    if is_ready:
        return JSONResponse({"status": "ready"})
    return JSONResponse({"status": "not ready", "reason": why}, status_code=503)


@router.get("/metrics", operation_id="getMetrics", summary="Counts for Prometheus.")
def metrics(request: Request, deployment: TheDeployment) -> Response:
    """Requests by route and status, and their time; elsewhere where KWHEN_METRICS_PORT is set."""
    if deployment.settings.metrics_port is not None:
        raise HTTPException(404)
    return Response(metrics_bytes(request.app.state.metrics), media_type=MEDIA_TYPE)
