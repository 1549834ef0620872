"""The settings of the service: `KWHEN_…` in the environment, else one file, else the defaults.

docs/settings.md lists them all.
"""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from kwhen.config import PREFIX, config_file, variable
from kwhen.errors import SettingError

MIB_BYTES = 1024 * 1024


def _data_folder() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "kwhen"


class Settings(BaseSettings):
    """What an operator can choose. Secrets are not shown when it is printed."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    data: Path = Field(
        default_factory=_data_folder,
        description="Folder of the database file and of the deployment's secret.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="sqlite:///path or postgresql://user:password@host/name; else a file in the "
        "data folder.",
    )
    auto_upgrade: bool = Field(
        default=True, description="Bring the tables up to date when the service starts."
    )
    secret: SecretStr | None = Field(
        default=None,
        description="At least 32 characters that key the hashes of credentials; else a file "
        "`secret` in the data folder, made at the first start. The same on every machine.",
    )
    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8080, ge=0, le=65535, description="Port to listen on.")
    workers: int = Field(default=1, ge=1, le=64, description="Processes that answer requests.")
    public_url: str = Field(
        default="", description="Address that clients see, such as https://kwhen.example.com."
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Proxies whose X-Forwarded-For is believed, separated by commas.",
    )
    operator_org: str = Field(
        default="",
        description="Organisation whose administrators read all feedback in the portal, such as "
        "org_0123…; else each reads what came with its own keys.",
    )
    rate_limit_per_minute: int = Field(
        default=600, ge=0, description="Requests a minute of one credential; 0: no limit."
    )
    open_rate_limit_per_minute: int = Field(
        default=60, ge=0, description="Requests a minute of one address to routes without a key."
    )
    sign_ins_per_minute: int = Field(
        default=20, ge=0, description="Tries a minute of one address to sign in; 0: no limit."
    )
    max_body_bytes: int = Field(
        default=64 * MIB_BYTES, ge=1024, description="Largest request body, decompressed."
    )
    session_ttl_s: int = Field(
        default=3600, ge=60, le=86_400, description="Life of a session token in seconds."
    )
    vtn_token_ttl_s: int = Field(
        default=3600,
        ge=60,
        le=86_400,
        description="Life of an access token of the OpenADR server in seconds.",
    )
    agent_credentials: bool = Field(
        default=True, description="Whether programs may ask for a sandbox by themselves."
    )
    agent_credentials_per_hour: int = Field(
        default=5, ge=0, description="How many sandboxes one address may open an hour; 0: no limit."
    )
    allow_loopback_targets: bool = Field(
        default=False,
        description="For development: webhooks may go to this machine, over http and on any port.",
    )
    allow_http_targets: bool = Field(
        default=False, description="Whether webhooks may go to http URLs, unencrypted."
    )
    target_networks: str = Field(
        default="",
        description="Networks of your own that webhooks may go to as well, such as 10.1.0.0/16, "
        "separated by commas.",
    )
    deliveries_at_once: int = Field(
        default=32, ge=1, le=256, description="Webhook pages that one worker sends at once."
    )
    target_at_once: int = Field(
        default=8,
        ge=1,
        le=64,
        description="Webhook pages on their way to one host at once; repeated tries are counted "
        "apart from first ones.",
    )
    target_per_second: int = Field(
        default=50, ge=1, description="Webhook pages that are begun to one host in a second."
    )
    delivery_timeout_s: float = Field(
        default=15.0, gt=0, le=60, description="Seconds that one attempt of a delivery may take."
    )
    delivery_page_bytes: int = Field(
        default=MIB_BYTES,
        ge=1024,
        le=MIB_BYTES,
        description="Largest body of a delivery, before compression.",
    )
    delivery_schedule_s: str = Field(
        default="0,5,300,1800,7200,18000,36000,50400,72000,86400",
        description="When the tries of a delivery are due: seconds after its first one.",
    )
    delivery_bodies_days: int = Field(
        default=7, ge=0, description="Days that bodies of deliveries are kept for a replay."
    )
    delivery_log_days: int = Field(
        default=30, ge=1, description="Days that deliveries and their attempts are kept."
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Serve /metrics on this port of the loopback instead of the public one; "
        "0: nowhere.",
    )
    log_format: Literal["json", "console"] = Field(default="json", description="json or console.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error."
    )
    shutdown_grace_s: int = Field(
        default=30, ge=1, description="Seconds that accepted requests get to finish."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        file = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, file

    @property
    def database(self) -> str:
        """The URL of the database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data.expanduser() / 'kwhen.db'}"


def read_settings(**given: object) -> Settings:
    """The settings of this process; `given` wins over environment and file.

    Raises
    ------
    SettingError
        A setting is not what it should be; the message names it.
    """
    known = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**known)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        raise SettingError(f"{variable(name)}: {first['msg']}") from error
    except (OSError, ValueError) as error:  # the file cannot be read as TOML
        raise SettingError(f"{config_file()}: {error}") from error
