"""What former and present occupants owe outside the gateways: paid, collected, split, written off."""
