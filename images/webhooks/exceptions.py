"""Errors of requests about webhooks."""

from images.exceptions import RequestRejected


class WebhookNotFound(RequestRejected):
    """The caller has no webhook with this id. A webhook of another user gives the same error."""

    code = "webhook_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__("This account has no webhook with this ID. List your webhooks to find the right ID.")


class DeliveryNotFound(RequestRejected):
    """The webhook has no delivery with this id, or it was removed."""

    code = "delivery_not_found"
    status = 404

    def __init__(self) -> None:
        super().__init__(
            "This webhook has no delivery with this ID. Deliveries are removed after 30 days. List the webhook's "
            "deliveries to find the right ID."
        )


class TooManyWebhooks(RequestRejected):
    """The user has reached the number of webhooks."""

    code = "too_many_webhooks"
    status = 409

    def __init__(self, limit: int) -> None:
        super().__init__(f"An account can have {limit} webhooks. Delete one that you no longer need.")


class WebhookAlreadyCreated(RequestRejected):
    """The same form has already created a webhook."""

    code = "webhook_already_created"
    status = 409

    def __init__(self) -> None:
        super().__init__("This webhook has already been created. If you didn't copy its secret, rotate it.")


class WebhookDisabled(RequestRejected):
    """A disabled webhook receives nothing."""

    code = "webhook_disabled"
    status = 409

    def __init__(self) -> None:
        super().__init__("This webhook is disabled. Enable it first.")
