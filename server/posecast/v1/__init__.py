"""Messages and service of the contract, generated from protos/ by protos/generate.py."""
