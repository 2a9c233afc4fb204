"""The outbox's other end: who delivers messages, and the thread that does."""

from nlq.outbox.deliver import Deliverer, DeliveryError, open_deliverer
from nlq.outbox.worker import Worker

__all__ = ["Deliverer", "DeliveryError", "Worker", "open_deliverer"]
