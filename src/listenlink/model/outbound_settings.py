"""What goes out of an instance by itself, as settings: mails, and where webhooks may go."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

from listenlink.model.client_address import Network
from listenlink.model.mail_server import read_mail_server, read_sender
from listenlink.model.setting import parse_networks


class OutboundPlaces(BaseModel):
    """A part of the settings (`settings.py`)."""

    outbound_networks: Annotated[tuple[Network, ...], NoDecode] = Field(
        default=(), description="Networks that webhooks may go to besides the open net, also unencrypted."
    )  # fmt: skip
    smtp_url: SecretStr | None = Field(
        default=None,
        description="The mail server that mails are handed in at, as in "
        "`smtp://user:password@mail.example:587`. Unset: nothing is mailed, and nobody is offered it.",
    )
    mail_from: str | None = Field(
        default=None,
        description="The address that mails come from, as in `A label <music@label.example>`.",
    )

    @field_validator("outbound_networks", mode="before")
    @classmethod
    def _split_outbound_networks(cls, value: Any) -> Any:
        return parse_networks(value) if isinstance(value, str) else value

    @field_validator("smtp_url")
    @classmethod
    def _check_smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_mail_server(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _check_mail_from(cls, value: str | None) -> str | None:
        if value is not None:
            read_sender(value)
        return value

    @property
    def sends_mail(self) -> bool:
        """Whether mails can be sent at all."""
        return self.smtp_url is not None

    @property
    def lacks(self) -> str | None:
        """Which of the two that mails need is missing, by its name; None if none is, or both are."""
        if (self.smtp_url is None) == (self.mail_from is None):
            return None
        return "SMTP_URL" if self.smtp_url is None else "MAIL_FROM"
