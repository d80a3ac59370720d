"""What scripts/services, scripts/fleet, scripts/bench and scripts/load-check are made of. Python 3.11, stdlib only."""
