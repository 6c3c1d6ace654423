"""Runs the adapter of education as a process of its own."""

from services.education.adapter import adapter
from shouwang.kit.adapter import serve

if __name__ == "__main__":
    serve.main(adapter)
