"""Central or the network is down: pages written by hand and entered later, vouchers signed beforehand, credit carried by hand."""
