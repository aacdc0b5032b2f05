"""Signs of life: of central's own processes, of gateways; what was counted, how full things were, which findings stand."""
