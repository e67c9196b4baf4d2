"""What runs a trained network: OpenVINO on processors, TensorRT on NVIDIA GPUs, torch to check both against."""
