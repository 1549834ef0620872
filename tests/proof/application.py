"""The application of the settings in the environment, for a server of these tests."""

import logging
import sys

import structlog
from fastapi import FastAPI

from kwhen.operations.deployment import open_deployment
from kwhen.service.app import create_app
from kwhen.settings import read_settings


def app() -> FastAPI:
    """What uvicorn asks for."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stdout))
    logging.basicConfig(level=logging.INFO)
    return create_app(open_deployment(read_settings()))
