"""Messages of NVIDIA's Audio2Face-3D contract, generated from protos/ by protos/generate.py."""
