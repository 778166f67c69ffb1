"""Posecast turns speech into a moving face: ARKit curves and head pose, over gRPC."""

__version__ = "0.1.0"
