"""Feedback on the API."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Short = Annotated[str, StringConstraints(max_length=500)]
Long = Annotated[str, StringConstraints(max_length=4000)]
Kind = Literal[
    "question",
    "docs_issue",
    "source_of_truth_disagreement",
    "blocked_build",
    "bug",
    "feature_request",
    "integration_request",
    "suggestion",
    "other",
]


class _Snake(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class Contact(_Snake):
    """How to answer."""

    name: Short | None = Field(None, description="Whom.")
    email: Short | None = Field(None, description="Where.")
    follow_up: bool | None = Field(None, description="Whether an answer is wanted.")


class FeedbackSent(_Snake):
    """What somebody has to say; at least one field."""

    name: Short | None = Field(None, description="Who writes.")
    company: Short | None = Field(None, description="For whom.")
    message: Long | None = Field(None, description="The message.")
    page: Short | None = Field(None, description="Page of the docs.")
    feedback_type: Kind | None = Field(None, description="Its kind.")
    summary: Short | None = Field(None, description="In one line.")
    question: Long | None = Field(None, description="What is asked.")
    expected_behavior: Long | None = Field(None, description="What should have happened.")
    actual_behavior: Long | None = Field(None, description="What happened.")
    repro_steps: Long | list[Long] | None = Field(None, description="How to see it.")
    suggested_fix: Long | None = Field(None, description="What would help.")
    sanitized_evidence: Long | dict[str, Any] | None = Field(
        None, description="Requests and answers without secrets."
    )
    error: Long | dict[str, Any] | None = Field(None, description="The error as it came.")
    endpoint: Short | None = Field(None, description="Method and path.")
    operation_id: Short | None = Field(None, description="Of the OpenAPI document.")
    environment: Short | None = Field(None, description="sandbox or production.")
    request_id: Short | None = Field(None, description="x-request-id of the answer.")
    docs_url: Short | None = Field(None, description="Page of the docs.")
    source_urls: Annotated[list[Short], Field(max_length=50)] | None = Field(
        None, description="Where else it is written."
    )
    routing_tags: Annotated[list[Short], Field(max_length=50)] | None = Field(
        None, description="For sorting."
    )
    submitter: Short | dict[str, Any] | None = Field(None, description="Who sends it.")
    contact: Contact | Short | None = Field(None, description="How to answer.")


class FollowUp(_Snake):
    """Whether an answer will come."""

    requested: bool
    contact_method: str | None


class FeedbackAnswer(_Snake):
    """It was received."""

    feedback_id: str
    received: Literal[True]
    follow_up: FollowUp
