"""Choose the post for a parcel: the mail server, or a webhook.

After the walk; it decides nothing else.
"""

from dataclasses import dataclass

from seatkeeper.errors import Refused
from seatkeeper.ports import Delivery, Post
from seatkeeper.provisioning.telling import Channel


@dataclass(frozen=True, slots=True)
class Channels:
    """Every way to tell somebody; implements ``ports.Post``. No mail: no mail server is set."""

    mail: Post | None
    webhook: Post

    async def deliver(self, delivery: Delivery) -> None:
        """Hand the parcel over; raises ``Unreachable`` or ``Refused``."""
        if delivery.parcel.channel is Channel.WEBHOOK:
            await self.webhook.deliver(delivery)
        elif self.mail is not None:
            await self.mail.deliver(delivery)
        else:
            raise Refused(
                "No mail server is set.",
                advice="Name it with SEATKEEPER_SMTP_HOST, or tell nobody.",
            )
