"""Runs the adapter of health as a process of its own."""

from services.health.adapter import adapter
from shouwang.kit.adapter import serve

if __name__ == "__main__":
    serve.main(adapter)
