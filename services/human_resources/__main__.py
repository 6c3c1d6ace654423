"""Runs the adapter of human resources as a process of its own."""

from services.human_resources.adapter import adapter
from shouwang.kit.adapter import serve

if __name__ == "__main__":
    serve.main(adapter)
