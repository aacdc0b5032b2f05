"""The gateway's configuration file: what may stand in it, what is wrong with it. It never opens a line, a store or a link.

`load_config(path)` gives a whole `GatewayConfig` or every mistake at once. Nothing else of the gateway reads the file.
"""

from gateway.config.load import load_config
from gateway.config.mistakes import Mistake, wording
from gateway.config.schema import GatewayConfig

__all__ = ["GatewayConfig", "Mistake", "load_config", "wording"]
