"""Runs the adapter of rural affairs as a process of its own."""

from services.rural_affairs.adapter import adapter
from shouwang.kit.adapter import serve

if __name__ == "__main__":
    serve.main(adapter)
